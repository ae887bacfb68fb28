/* Configurations in files: those that tandem comes with, and what cannot be read. */
#include "tandem/config.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(config_files, come_with_tandem_and_are_right)
{
    DIR *folder = opendir(CONFIGS);
    cr_assert(folder, "%s", CONFIGS);
    int files = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!strstr(entry->d_name, ".yaml")) /* a folder: schemas, of other commands */
            continue;
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", CONFIGS, entry->d_name);
        td_config config;
        td_config_defaults(&config);
        cr_expect_eq(td_config_load(path, &config), TD_OK, "%s", td_message());
        cr_expect_eq(td_config_check(&config), TD_OK, "%s: %s", path, td_message());
        files++;
    }
    closedir(folder);
    cr_assert_geq(files, 2);
}

/* The reference's run is all defaults but for what follows from them. */
Test(config_files, retrieval_is_the_run_of_the_reference)
{
    td_config config;
    td_config_defaults(&config);
    cr_assert_eq(td_config_load(CONFIGS "/retrieval.yaml", &config), TD_OK, "%s", td_message());
    cr_assert_eq(td_config_check(&config), TD_OK);
    cr_assert(config.model_width == 32 && config.train_batch_size == 8192);
    cr_assert(config.train_epochs == 3 && config.train_seed == 42 && !config.train_reshuffle);
    cr_assert_eq(config.optimizer_learning_rate, 0.1);
    cr_assert_eq(config.train_shards, 64);
}

static void write_file(const char *path, const char *text, size_t copies)
{
    FILE *file = fopen(path, "w");
    cr_assert(file);
    for (size_t i = 0; i < copies; i++)
        fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

static void expect_failure(const char *path, td_status status, const char *part)
{
    td_config config;
    td_config_defaults(&config);
    cr_expect_eq(td_config_load(path, &config), status, "%s", path);
    cr_expect(strncmp(td_message(), path, strlen(path)) == 0, "%s", td_message());
    cr_expect(strstr(td_message(), part), "%s", td_message());
    cr_expect_eq(config.train_epochs, 3);
}

Test(config_files, that_cannot_be_read_say_why)
{
    char folder[] = "/tmp/tandem_config_XXXXXX", path[64];
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/c.yaml", folder);
    expect_failure(path, TD_ERR_FILE, ": expected a YAML file; it cannot be opened: No such file");
    expect_failure(folder, TD_ERR_FILE,
                   ": expected a YAML file; it cannot be read: Is a directory");
    write_file(path, "train.epochs: 4\ntrain.epoch: 4\n", 1);
    expect_failure(path, TD_ERR_CONFIG, ":2:1: there is no key 'train.epoch'");
    write_file(path, "# 1234567890123456789012345678\n", 40000);
    expect_failure(path, TD_ERR_CONFIG, ": expected at most 1048576 bytes; found more");
    unlink(path);
    rmdir(folder);
}

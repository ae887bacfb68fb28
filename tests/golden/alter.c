/* Changes one number of a reference file in place, to see that the runner notices.
 *
 *     golden_alter FILE.h5 DATASET INDEX FACTOR TERM      x = x FACTOR + TERM
 *     golden_alter FILE.h5 GROUP@ATTRIBUTE 0 FACTOR TERM */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t index;
    double factor;
    double term;
} change;

static int apply(const change *c, size_t n, double *values)
{
    if (c->index >= n)
        return -1;
    values[c->index] = values[c->index] * c->factor + c->term;
    return 0;
}

static herr_t alter_dataset(hid_t file, const char *path, const change *c)
{
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    if (dataset < 0)
        return -1;
    hid_t space = H5Dget_space(dataset);
    size_t n = (size_t)H5Sget_simple_extent_npoints(space);
    double *values = malloc(n * sizeof *values);
    herr_t status = -1;
    if (values && H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0 &&
        apply(c, n, values) == 0)
        status = H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    free(values);
    H5Sclose(space);
    H5Dclose(dataset);
    return status;
}

static herr_t alter_attribute(hid_t file, const char *group, const char *name, const change *c)
{
    double value;
    hid_t object = H5Oopen(file, group, H5P_DEFAULT);
    hid_t attribute = object < 0 ? -1 : H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0)
        return -1;
    herr_t status = H5Aread(attribute, H5T_NATIVE_DOUBLE, &value);
    if (status >= 0 && apply(c, 1, &value) == 0)
        status = H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value);
    H5Aclose(attribute);
    H5Oclose(object);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: golden_alter FILE DATASET|GROUP@ATTRIBUTE INDEX FACTOR TERM\n");
        return 2;
    }
    const change c = {strtoul(argv[3], NULL, 10), strtod(argv[4], NULL), strtod(argv[5], NULL)};
    char *name = strchr(argv[2], '@');
    hid_t file = H5Fopen(argv[1], H5F_ACC_RDWR, H5P_DEFAULT);
    if (file < 0)
        return 1;
    if (name)
        *name++ = '\0';
    herr_t status =
        name ? alter_attribute(file, argv[2], name, &c) : alter_dataset(file, argv[2], &c);
    if (H5Fclose(file) < 0 || status < 0)
        return 1;
    return 0;
}

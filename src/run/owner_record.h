/* The record of the owner of a run, or of a file in it: what it says, its text, and whether its
 * process is gone. Internal to owner_succession.c and its users. All functions are Local. */
#ifndef TD_RUN_OWNER_RECORD_H
#define TD_RUN_OWNER_RECORD_H

#include "tandem/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum { TD_OWNER_TEXT = 96, TD_OWNER_WORDS = 512, TD_OWNER_NONCE = 33 };

typedef struct {
    char host[TD_OWNER_TEXT];
    char boot[TD_OWNER_TEXT];      /* random, of each start of the machine */
    char pid_space[TD_OWNER_TEXT]; /* containers have their own process numbers */
    int64_t pid;
    int64_t pid_start;           /* in clock ticks since boot: numbers are used again */
    char cluster[TD_OWNER_TEXT]; /* Slurm's name; "" without Slurm, as the next */
    char slurm_job[TD_OWNER_TEXT];
    int64_t slurm_restarts;
    int64_t since; /* seconds since 1970, for people */
    char nonce[TD_OWNER_NONCE];
} td_owner_record;

/* Describes this process, with a new nonce. TD_ERR_FILE if the system does not tell. */
td_status td_owner_record_mine(td_owner_record *record);

/* Writes the record to an open file. Returns 0 or errno. */
int td_owner_record_write(const td_owner_record *record, int descriptor);

/* Reads the record at path, and its heartbeat. *there is false if there is no file. */
td_status td_owner_record_read(const char *path, td_owner_record *record, struct timespec *beat,
                               bool *there);

typedef enum { TD_OWNER_GONE, TD_OWNER_LIVES, TD_OWNER_UNKNOWN } td_owner_life;

/* What this process (mine) can tell of another's owner without waiting. */
td_owner_life td_owner_record_life(const td_owner_record *record, const td_owner_record *mine);

/* "host a, process 12, Slurm job 7 (restart 0), since 2026-11-24 10:00:00 UTC" */
void td_owner_record_describe(const td_owner_record *record, char text[TD_OWNER_WORDS]);

#endif

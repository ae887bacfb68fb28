/* The commit that a program was built of. */
#ifndef TD_BASE_COMMIT_H
#define TD_BASE_COMMIT_H

/* Local. Returns git's name of it, 40 digits, with "-dirty" behind it where the sources differed;
 * "unknown" of a build without git, and in a program that is linked with the static library but for
 * tandem itself. */
const char *td_commit(void);

#endif

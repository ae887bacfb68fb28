/* The library's version, which files and --version name. */
#ifndef TANDEM_VERSION_H
#define TANDEM_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define TD_VERSION_MAJOR 0
#define TD_VERSION_MINOR 1
#define TD_VERSION_PATCH 0
#define TD_VERSION       "0.1.0" /* the header's; td_version is the library's */

/* Local. Returns "MAJOR.MINOR.PATCH"; never NULL. */
const char *td_version(void);

#ifdef __cplusplus
}
#endif

#endif

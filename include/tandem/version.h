/* The library's version, which files and --version name. */
#ifndef TANDEM_VERSION_H
#define TANDEM_VERSION_H

/* Local. Returns "MAJOR.MINOR.PATCH"; never NULL. */
const char *td_version(void);

#endif

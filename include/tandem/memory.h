/* What this library allocates for its caller. */
#ifndef TANDEM_MEMORY_H
#define TANDEM_MEMORY_H

#ifdef __cplusplus
extern "C" {
#endif

/* Local. Frees a block that a function of this library returned; NULL is no block. */
void td_free(void *block);

#ifdef __cplusplus
}
#endif

#endif

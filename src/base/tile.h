/* The unit of work that data, model and training agree on. */
#ifndef TD_BASE_TILE_H
#define TD_BASE_TILE_H

/* The most rows of a row tile or candidate tile: what scratch memory is made for. */
enum { TD_TILE_ROWS = 256 };

#endif

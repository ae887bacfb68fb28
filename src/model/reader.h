/* A reader: the features of a tower or a head, encoded side by side, or added. All functions are
 * Local; one tile at a time, of at most TD_TILE_ROWS rows. */
#ifndef TD_MODEL_READER_H
#define TD_MODEL_READER_H

#include "model/encoder.h"

typedef struct {
    size_t count;
    td_feature *feature; /* (count): the spec's, with the places of their tables */
    size_t apart;        /* the last of them, so many (0 or 1), which x does not have */
    bool adds;           /* the features, in their order */
    size_t width;        /* of what they give each row */
    size_t learned;      /* the first of it: what has parameters behind it */
    bool drops;          /* units of an embedding, in training */
} td_reader;

/* Declares the tables that one of the spec's readers reads; td_reader_free frees it. */
td_reader td_reader_declare(const td_spec *spec, size_t reader, td_parameters *parameters);
void td_reader_free(td_reader *reader);

/* Gives the rows of a table, a tensor, that inputs name a slot each. One thread at a time for a
 * table. */
void td_reader_touch(const td_reader *reader, const td_inputs *inputs, size_t tensor,
                     td_row_sums *tables);

/* Sets the reader's columns of x (count, width), rows stride apart. scratch holds (TD_TILE_ROWS,
 * stride). */
void td_reader_forward(const td_reader *reader, const td_parameters *parameters,
                       const td_inputs *inputs, float *x, size_t stride, float *scratch);

/* Sets apart (count) to the feature that stands apart, of width 1, and adds its gradients to those
 * of its table. scratch holds (TD_TILE_ROWS). */
void td_reader_forward_apart(const td_reader *reader, const td_parameters *parameters,
                             const td_inputs *inputs, float *apart);
void td_reader_backward_apart(const td_reader *reader, const td_inputs *inputs, const float *dapart,
                              float *scratch, td_gradients *gradients);

/* The floats that the scratch of td_reader_backward needs behind (TD_TILE_ROWS, stride). */
size_t td_reader_spare(const td_reader *reader, size_t stride);

/* Adds the tile's gradients of tables from its columns of dx. */
void td_reader_backward(const td_reader *reader, const td_inputs *inputs, const float *dx,
                        size_t stride, float *scratch, td_gradients *gradients);

#endif

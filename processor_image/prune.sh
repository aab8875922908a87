#!/bin/sh
# Removes from an environment what the processor never loads: tests, sources, headers, the parts of
# Arrow that reach over a network, and the descriptions of every AWS service but S3 and STS.
set -eu
packages=$1

# numpy.testing, which scipy loads, needs a module from numpy's tests.
find "$packages" -type d -name tests -not -path '*/numpy/*' -prune -exec rm -rf {} +
find "$packages" -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.h' -o -name '*.c' \) -delete
rm -f "$packages"/pyarrow/libarrow_flight* "$packages"/pyarrow/_flight* \
      "$packages"/pyarrow/libarrow_s3* "$packages"/pyarrow/_s3fs*
find "$packages/botocore/data" -mindepth 1 -maxdepth 1 -type d \
    -not -name s3 -not -name sts -exec rm -rf {} +

//go:build faiss

#include "flat.h"

#include <faiss/IndexFlat.h>

struct ting_flat {
	faiss::IndexFlatL2 index{128};
};

extern "C" {

ting_flat *ting_flat_new(const float *shots, int64_t n) {
	auto *f = new ting_flat;
	f->index.add(n, shots);
	return f;
}

void ting_flat_nearest(ting_flat *f, const float *probe, int64_t k, int64_t *rows, float *squares) {
	f->index.search(1, probe, k, squares, rows);
}

void ting_flat_free(ting_flat *f) { delete f; }

} // extern "C"

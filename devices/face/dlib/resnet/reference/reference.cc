// dlib's own forward pass: what ours is proven and measured against.
#include <memory>

#include "../net.h" // the build cache does not see it change: touch this file with it
#include "reference.h"

struct ting_reference {
	ting::anet_type net;
};

// OpenBLAS starts a thread per core for each small product, which is slower.
extern "C" void openblas_set_num_threads(int) __attribute__((weak));

extern "C" {

char *ting_reference_read(const uint8_t *data, size_t size, ting_reference **out) {
	return ting::without_exceptions([&] {
		if (openblas_set_num_threads) openblas_set_num_threads(1);
		auto r = std::make_unique<ting_reference>();
		ting::read_net(data, size, r->net);
		*out = r.release();
	});
}

void ting_reference_free(ting_reference *r) { delete r; }

char *ting_reference_describe(ting_reference *r, const uint8_t *chip, float *descriptor) {
	return ting::without_exceptions([&] {
		dlib::matrix<dlib::rgb_pixel> image(TING_CHIP, TING_CHIP);
		std::memcpy(dlib::image_data(image), chip, static_cast<size_t>(3) * TING_CHIP * TING_CHIP);
		const dlib::matrix<float, 0, 1> d = r->net(image);
		std::memcpy(descriptor, &d(0), sizeof(float) * TING_DIM);
	});
}

} // extern "C"

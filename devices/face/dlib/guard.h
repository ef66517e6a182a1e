// How the shim's C++ files keep exceptions from crossing into Go, and lend
// dlib Go's pixels without a copy.
#ifndef TING_DLIB_GUARD_H
#define TING_DLIB_GUARD_H

#include <cstring>
#include <exception>

#include <dlib/image_processing/generic_image.h>
#include <dlib/pixel.h>

#include "shim.h"

namespace ting {

// guarded runs f and turns what it throws into a message for the caller to free.
template <class F> char *guarded(F f) {
	try {
		f();
		return nullptr;
	} catch (const std::exception &e) {
		return strdup(e.what()[0] ? e.what() : "unnamed C++ exception");
	} catch (...) {
		return strdup("unknown C++ exception");
	}
}

// borrowed is an image whose pixels somebody else owns.
template <class Pixel> struct borrowed {
	const uint8_t *pixels;
	long rows, columns, step;
};

using rgb_view = borrowed<dlib::rgb_pixel>;
using luma_view = borrowed<unsigned char>;

template <class Pixel> borrowed<Pixel> view(const uint8_t *p, const ting_shape &s) {
	return {p, s.height, s.width, s.stride};
}

template <class Pixel> long num_rows(const borrowed<Pixel> &v) { return v.rows; }
template <class Pixel> long num_columns(const borrowed<Pixel> &v) { return v.columns; }
template <class Pixel> const void *image_data(const borrowed<Pixel> &v) { return v.pixels; }
template <class Pixel> long width_step(const borrowed<Pixel> &v) { return v.step; }

} // namespace ting

namespace dlib {
template <class Pixel> struct image_traits<ting::borrowed<Pixel>> { typedef Pixel pixel_type; };
template <class Pixel> struct image_traits<const ting::borrowed<Pixel>> { typedef Pixel pixel_type; };
} // namespace dlib

#endif

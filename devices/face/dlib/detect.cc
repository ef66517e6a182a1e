// Finding faces: dlib's frontal HOG detector on luma.
#include <algorithm>
#include <vector>

#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/image_transforms/image_pyramid.h>

#include "guard.h"

struct ting_detector {
	dlib::frontal_face_detector detector;
	int skip;
};

namespace {

using detector_type = dlib::frontal_face_detector;
using pyramid_type = dlib::pyramid_down<6>; // the one the detector was trained with

detector_type with_levels(int levels) {
	static const detector_type shipped = dlib::get_frontal_face_detector(); // unpacking it takes 0.3 s
	detector_type::image_scanner_type scanner;
	scanner.copy_configuration(shipped.get_scanner());
	scanner.set_max_pyramid_levels(static_cast<unsigned long>(levels));
	std::vector<detector_type::feature_vector_type> weights;
	for (unsigned long i = 0; i < shipped.num_detectors(); i++) weights.push_back(shipped.get_w(i));
	return detector_type(scanner, shipped.get_overlap_tester(), weights);
}

} // namespace

extern "C" {

void ting_luma(const uint8_t *rgb, ting_shape in, const ting_box *part, int k, uint8_t *luma, ting_shape out) {
	for (int y = 0; y < out.height; y++) {
		uint8_t *row = luma + static_cast<size_t>(y) * out.stride;
		const uint8_t *from = rgb + static_cast<size_t>(part->top + y * k) * in.stride + 3 * part->left;
		if (k == 1) {
			for (int x = 0; x < out.width; x++)
				row[x] = (77 * from[3 * x] + 151 * from[3 * x + 1] + 28 * from[3 * x + 2] + 128) >> 8;
			continue;
		}
		for (int x = 0; x < out.width; x++) {
			int64_t r = 0, g = 0, b = 0;
			for (int j = 0; j < k; j++) {
				const uint8_t *p = from + static_cast<size_t>(j) * in.stride + 3 * k * x;
				for (int i = 0; i < k; i++) r += p[3 * i], g += p[3 * i + 1], b += p[3 * i + 2];
			}
			row[x] = static_cast<uint8_t>((77 * r + 151 * g + 28 * b) / (256 * k * k));
		}
	}
}

char *ting_detector_new(int levels, int skip, ting_detector **out) {
	return ting::guarded([&] { *out = new ting_detector{with_levels(levels), skip}; });
}

void ting_detector_free(ting_detector *d) { delete d; }

char *ting_detect(ting_detector *d, const uint8_t *luma, ting_shape shape, double threshold, ting_box *boxes, int cap, int *n) {
	return ting::guarded([&] {
		*n = 0;
		std::vector<dlib::rect_detection> found;
		const auto image = ting::view<unsigned char>(luma, shape);
		pyramid_type down;
		if (d->skip == 0) {
			d->detector(image, found, threshold);
		} else {
			dlib::array2d<unsigned char> level, next;
			down(image, level);
			for (int i = 1; i < d->skip; i++) {
				down(level, next);
				level.swap(next);
			}
			d->detector(level, found, threshold);
		}
		std::sort(found.begin(), found.end());
		for (auto f = found.rbegin(); f != found.rend() && *n < cap; ++f) {
			const dlib::rectangle r = d->skip ? dlib::rectangle(down.rect_up(f->rect, d->skip)) : f->rect;
			boxes[(*n)++] = ting_box{static_cast<int32_t>(r.left()), static_cast<int32_t>(r.top()),
				static_cast<int32_t>(r.right() + 1), static_cast<int32_t>(r.bottom() + 1), f->detection_confidence};
		}
	});
}

} // extern "C"

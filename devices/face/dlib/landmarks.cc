// Landmarks of a face, and the upright chip they make possible.
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <dlib/image_processing/full_object_detection.h>
#include <dlib/image_processing/shape_predictor.h>
#include <dlib/image_transforms/interpolation.h>
#include <dlib/serialize.h>

#include "guard.h"

struct ting_predictor {
	dlib::shape_predictor shape;
};

extern "C" {

char *ting_predictor_load(const char *path, ting_predictor **out) {
	return ting::guarded([&] {
		auto p = std::make_unique<ting_predictor>();
		dlib::deserialize(path) >> p->shape;
		if (p->shape.num_parts() != TING_LANDMARKS)
			throw std::runtime_error("it predicts " + std::to_string(p->shape.num_parts()) + " points, not 68");
		*out = p.release();
	});
}

void ting_predictor_free(ting_predictor *p) { delete p; }

char *ting_landmarks(const ting_predictor *p, const uint8_t *rgb, ting_shape shape, const ting_box *box, float *points) {
	return ting::guarded([&] {
		const dlib::rectangle r(box->left, box->top, box->right - 1, box->bottom - 1);
		const auto found = p->shape(ting::view<dlib::rgb_pixel>(rgb, shape), r);
		for (int i = 0; i < TING_LANDMARKS; i++) {
			points[2 * i] = static_cast<float>(found.part(i).x());
			points[2 * i + 1] = static_cast<float>(found.part(i).y());
		}
	});
}

char *ting_chip(const uint8_t *rgb, ting_shape shape, const float *points, uint8_t *chip) {
	return ting::guarded([&] {
		std::vector<dlib::point> parts(TING_LANDMARKS);
		for (int i = 0; i < TING_LANDMARKS; i++)
			parts[i] = dlib::point(std::lround(points[2 * i]), std::lround(points[2 * i + 1]));
		const dlib::full_object_detection face(dlib::rectangle(), parts);
		// A border of a quarter is what the network was trained with.
		const auto details = dlib::get_face_chip_details(face, TING_CHIP, 0.25);
		dlib::matrix<dlib::rgb_pixel> cut;
		dlib::extract_image_chip(ting::view<dlib::rgb_pixel>(rgb, shape), details, cut);
		std::memcpy(chip, dlib::image_data(cut), static_cast<size_t>(3) * TING_CHIP * TING_CHIP);
	});
}

} // extern "C"

// The recognition network as dlib describes it (dnn_face_recognition_ex.cpp),
// and a stream over bytes to read it from.
#ifndef TING_RESNET_NET_H
#define TING_RESNET_NET_H

#include <cstring>
#include <exception>
#include <istream>
#include <streambuf>

#include <dlib/dnn.h>

#include "resnet.h"

namespace ting {

// without_exceptions runs f and turns what it throws into a message for the caller to free.
template <class F> char *without_exceptions(F f) {
	try {
		f();
		return nullptr;
	} catch (const std::exception &e) {
		return strdup(e.what()[0] ? e.what() : "unnamed C++ exception");
	} catch (...) {
		return strdup("unknown C++ exception");
	}
}

template <template <int, template <typename> class, int, typename> class block, int N, template <typename> class BN, typename S>
using residual = dlib::add_prev1<block<N, BN, 1, dlib::tag1<S>>>;
template <template <int, template <typename> class, int, typename> class block, int N, template <typename> class BN, typename S>
using residual_down = dlib::add_prev2<dlib::avg_pool<2, 2, 2, 2, dlib::skip1<dlib::tag2<block<N, BN, 2, dlib::tag1<S>>>>>>;
template <int N, template <typename> class BN, int stride, typename S>
using block = BN<dlib::con<N, 3, 3, 1, 1, dlib::relu<BN<dlib::con<N, 3, 3, stride, stride, S>>>>>;
template <int N, typename S> using ares = dlib::relu<residual<block, N, dlib::affine, S>>;
template <int N, typename S> using ares_down = dlib::relu<residual_down<block, N, dlib::affine, S>>;
template <typename S> using level0 = ares_down<256, S>;
template <typename S> using level1 = ares<256, ares<256, ares_down<256, S>>>;
template <typename S> using level2 = ares<128, ares<128, ares_down<128, S>>>;
template <typename S> using level3 = ares<64, ares<64, ares<64, ares_down<64, S>>>>;
template <typename S> using level4 = ares<32, ares<32, ares<32, S>>>;

using anet_type = dlib::loss_metric<dlib::fc_no_bias<TING_DIM, dlib::avg_pool_everything<level0<level1<level2<level3<level4<
	dlib::max_pool<3, 3, 2, 2, dlib::relu<dlib::affine<dlib::con<32, 7, 7, 2, 2,
	dlib::input_rgb_image_sized<TING_CHIP>>>>>>>>>>>>>;

// memory_buffer lets dlib read from bytes without a copy.
struct memory_buffer : std::streambuf {
	memory_buffer(const uint8_t *data, size_t size) {
		char *p = const_cast<char *>(reinterpret_cast<const char *>(data));
		setg(p, p, p + size);
	}
};

inline void read_net(const uint8_t *data, size_t size, anet_type &net) {
	memory_buffer buffer(data, size);
	std::istream in(&buffer);
	deserialize(net, in);
}

} // namespace ting

#endif

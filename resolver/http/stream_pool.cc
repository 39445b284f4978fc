// SPDX-License-Identifier: Apache-2.0
#include "resolver/http/stream_pool.h"

namespace cenote::http {

Stream* StreamPool::take(std::uint32_t of_session) noexcept {
    if (in_use_ >= streams_max_ && of_session >= kOwn) return nullptr;
    if (free_.empty()) {
        streams_.push_back(std::make_unique<Stream>());
        free_.reserve(streams_.capacity());
        free_.push_back(streams_.back().get());
    }
    Stream* const stream = free_.back();
    free_.pop_back();
    ++in_use_;
    *static_cast<StreamHead*>(stream) = {};
    return stream;
}

void StreamPool::give_back(Stream* stream) noexcept {
    free_.push_back(stream);
    --in_use_;
}

}  // namespace cenote::http

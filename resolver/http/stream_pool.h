// SPDX-License-Identifier: Apache-2.0
//
// The streams of all sessions of a thread, each with space for a small request and its response, so that neither
// allocates; and the pages of these sessions.
//
// Threads:  one.
// Memory:   allocated when first needed, then kept: `streams_max` of some 2 KiB. Beyond that each session may have
//           kOwn more, so that no client keeps another from asking. Pages: page_pool.h.
// Failure:  nullptr from take(): the session has to refuse the stream.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/http/acceptance.h"
#include "resolver/http/message.h"
#include "resolver/http/page_pool.h"

namespace cenote::http {

struct Stream;

/// The state of a stream.
struct StreamHead {
    enum class State : std::uint8_t { Arriving, Arrived, Waiting, Answering };

    std::int32_t id = 0;
    Stream* next = nullptr;
    State state = State::Arriving;
    Method method = Method::Other;
    Fault fault = Fault::None;
    bool remote_ended = false;  // the client has sent its last frame
    bool answered = false;      // the last frame of the response has left
    Acceptance acceptance;      // of the media type of responses
    std::uint32_t fields = 0;   // bytes of the header section
    std::uint32_t field_count = 0;
    std::uint16_t target_size = 0;
    std::uint16_t content_type_size = 0;
    std::uint32_t sent = 0;  // of the response's body
    Ticks since{};           // when it began, or was answered
    std::array<char, 8> length_text{};
    std::array<char, 32> cache_text{};
    std::uint32_t body_size = 0;    // of the request, then of the response
    std::uint8_t* large = nullptr;  // the body, where it does not fit into the space
};

/// A request that arrives, waits or is answered.
struct Stream : StreamHead {
    static constexpr std::size_t kSpace = 2048;

    std::array<std::uint8_t, kSpace> space;  // target, content type, and the body behind them; then the response's body

    [[nodiscard]] std::size_t texts_size() const noexcept { return std::size_t{target_size} + content_type_size; }
    [[nodiscard]] const std::uint8_t* body() const noexcept {
        return large != nullptr ? large : space.data() + (state == State::Answering ? 0 : texts_size());
    }
};

class StreamPool {
public:
    static constexpr std::uint32_t kOwn = 4;

    explicit StreamPool(std::uint32_t streams_max) : streams_max_(streams_max) {}
    StreamPool(const StreamPool&) = delete;
    StreamPool& operator=(const StreamPool&) = delete;

    /// `of_session`: how many the session has.
    [[nodiscard]] Stream* take(std::uint32_t of_session) noexcept;
    void give_back(Stream* stream) noexcept;
    [[nodiscard]] std::uint32_t in_use() const noexcept { return in_use_; }
    [[nodiscard]] PagePool& pages() noexcept { return pages_; }

private:
    PagePool pages_;
    std::vector<std::unique_ptr<Stream>> streams_;  // all that were made
    std::vector<Stream*> free_;
    std::uint32_t streams_max_;
    std::uint32_t in_use_ = 0;
};

}  // namespace cenote::http

// SPDX-License-Identifier: Apache-2.0
//
// Mutates the frames of HTTP/2 in an input as frames (RFC 9113 §4.1): they are added, removed, moved and changed, and
// their lengths follow. Every second mutation is one of bytes.

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "resolver/base/bytes.h"
#include "tests/fuzz/mutation.h"

namespace {

using namespace cenote;
using fuzz::Bytes;
using fuzz::Choice;

constexpr std::size_t kFramesAt = 2;  // behind the choices of http_frames and http_responses
constexpr std::size_t kHead = 9;
constexpr std::size_t kPayloadMax = 1024;
constexpr std::size_t kTypes = 12;  // DATA to CONTINUATION, and two that are unknown
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct Frame {
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    Bytes payload;
};

/// The frames; what is behind the last whole one is left in `input`.
std::vector<Frame> take_apart(ByteView& input) {
    std::vector<Frame> frames;
    while (input.size() >= kHead) {
        const std::size_t size = load_u32(input.data()) >> 8U;
        if (input.size() - kHead < size) break;
        const ByteView payload = input.subspan(kHead, size);
        frames.push_back({input[3], input[4], load_u32(&input[5]), {payload.begin(), payload.end()}});
        input = input.subspan(kHead + size);
    }
    return frames;
}

void put(Bytes& to, const Frame& frame) {
    std::array<std::uint8_t, kHead> head{};
    store_u32(head.data(), static_cast<std::uint32_t>(frame.payload.size() << 8U));
    head[3] = frame.type;
    head[4] = frame.flags;
    store_u32(&head[5], frame.stream);
    to.insert(to.end(), head.begin(), head.end());
    to.insert(to.end(), frame.payload.begin(), frame.payload.end());
}

void change(std::vector<Frame>& frames, Choice& choice) {
    if (frames.empty() || choice.one_in(8)) {
        frames.push_back({static_cast<std::uint8_t>(choice.below(kTypes)), 0,
                          static_cast<std::uint32_t>(choice.below(8)), Bytes(choice.below(16))});
        return;
    }
    Frame& frame = frames[choice.below(frames.size())];
    switch (choice.below(8)) {
        case 0: frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(choice.below(frames.size()))); break;
        case 1: std::swap(frame, frames[choice.below(frames.size())]); break;
        case 2: {
            const Frame copy = frame;
            frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(choice.below(frames.size())), copy);
            break;
        }
        case 3: frame.type = static_cast<std::uint8_t>(choice.below(kTypes)); break;
        case 4: frame.flags ^= static_cast<std::uint8_t>(1U << choice.below(8)); break;
        case 5: frame.stream = static_cast<std::uint32_t>(choice.below(12)); break;
        default: frame.payload = fuzz::mutated(frame.payload, kPayloadMax); break;
    }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t size_max,
                                               unsigned seed) {
    Choice choice(seed);
    if (size < kFramesAt || choice.one_in(2)) return LLVMFuzzerMutate(data, size, size_max);
    ByteView rest = ByteView(data, size).subspan(kFramesAt);
    Bytes made(data, data + kFramesAt);
    if (rest.size() >= kPreface.size() && std::equal(kPreface.begin(), kPreface.end(), rest.begin())) {
        made.insert(made.end(), kPreface.begin(), kPreface.end());
        rest = rest.subspan(kPreface.size());
    }
    std::vector<Frame> frames = take_apart(rest);
    for (std::size_t changes = 1 + choice.below(3); changes > 0; --changes) change(frames, choice);
    for (const Frame& frame : frames) put(made, frame);
    made.insert(made.end(), rest.begin(), rest.end());
    if (made.size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
    std::memcpy(data, made.data(), made.size());
    return made.size();
}

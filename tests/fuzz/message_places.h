// SPDX-License-Identifier: Apache-2.0
//
// Where the DNS messages of an input are.
//
// Threads:  pure.
// Memory:   the places.
// Failure:  none: there is no place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "resolver/base/bytes.h"

namespace cenote::fuzz {

struct MessageLayout {
    std::size_t at = 0;    // of the first message
    bool framed = false;   // two bytes before a message have its length; otherwise it is the rest of the input
    std::size_t next = 0;  // framed: from the end of a message to the next one, its length included; 0: there is none
};

struct MessagePlace {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// In their order. Only the last one may be longer by its length than the input.
inline std::vector<MessagePlace> message_places(ByteView input, const MessageLayout& layout) {
    constexpr std::size_t kLength = 2;
    std::vector<MessagePlace> places;
    for (std::size_t begin = layout.at; begin <= input.size();) {
        const std::size_t left = input.size() - begin;
        const std::size_t size = layout.framed ? std::min<std::size_t>(load_u16(&input[begin - kLength]), left) : left;
        places.push_back({begin, begin + size});
        if (!layout.framed || layout.next == 0) break;
        begin += size + layout.next;
    }
    return places;
}

}  // namespace cenote::fuzz

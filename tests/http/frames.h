// SPDX-License-Identifier: Apache-2.0
//
// Frames of HTTP/2 (RFC 9113 §4) as a client writes them, byte by byte, and a reader of those that a server sends.
//
// Threads:  one.
// Memory:   values.
// Failure:  what cannot be read fails the test.
#pragma once

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "resolver/base/bytes.h"

namespace cenote::http::testing {

using Bytes = std::vector<std::uint8_t>;
using Fields = std::vector<std::pair<std::string, std::string>>;

enum Type : std::uint8_t {
    kData,
    kHeaders,
    kPriority,
    kReset,
    kSettings,
    kPushPromise,
    kPing,
    kGoaway,
    kWindowUpdate,
    kContinuation
};
enum Flag : std::uint8_t { kNoFlag = 0, kEndStream = 1, kAck = 1, kEndHeaders = 4, kPadded = 8 };

inline Bytes frame(Type type, std::uint8_t flags, std::uint32_t stream, const Bytes& payload) {
    Bytes bytes(9);
    store_u32(bytes.data(), static_cast<std::uint32_t>(payload.size()) << 8U);
    bytes[3] = type;
    bytes[4] = flags;
    store_u32(&bytes[5], stream);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

inline Bytes of_text(const std::string& text) { return {text.begin(), text.end()}; }

inline Bytes& operator+=(Bytes& bytes, const Bytes& more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return bytes;
}

inline Bytes operator+(Bytes bytes, const Bytes& more) { return bytes += more; }

inline Bytes u32(std::uint32_t value) {
    Bytes bytes(4);
    store_u32(bytes.data(), value);
    return bytes;
}

/// The length of a string literal (RFC 7541 §5.1), without Huffman coding.
inline Bytes literal(const std::string& text) {
    Bytes bytes;
    std::size_t size = text.size();
    if (size < 127) {
        bytes.push_back(static_cast<std::uint8_t>(size));
    } else {
        bytes.push_back(127);
        for (size -= 127; size >= 128; size >>= 7U) bytes.push_back(static_cast<std::uint8_t>(size | 0x80U));
        bytes.push_back(static_cast<std::uint8_t>(size));
    }
    return bytes += of_text(text);
}

/// Literal fields that are not indexed (RFC 7541 §6.2.2).
inline Bytes block(const Fields& fields) {
    Bytes bytes;
    for (const auto& [name, value] : fields) {
        bytes.push_back(0);
        bytes += literal(name);
        bytes += literal(value);
    }
    return bytes;
}

inline Fields request(const std::string& method, const std::string& path, const Fields& more = {}) {
    Fields fields{{":method", method}, {":scheme", "https"}, {":authority", "dns.example"}, {":path", path}};
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
}

inline Bytes preface() { return of_text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + frame(kSettings, kNoFlag, 0, {}); }

inline Bytes get(std::uint32_t stream, const std::string& path) {
    return frame(kHeaders, kEndHeaders | kEndStream, stream, block(request("GET", path)));
}

struct ReadFrame {
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    Bytes payload;
};

/// The frames of a server, in the order in which they came, and the responses that they make.
class ServerReader {
public:
    ServerReader() { EXPECT_EQ(nghttp2_hd_inflate_new(&inflater_), 0); }
    ~ServerReader() { nghttp2_hd_inflate_del(inflater_); }
    ServerReader(const ServerReader&) = delete;
    ServerReader& operator=(const ServerReader&) = delete;

    struct Read {
        std::map<std::string, std::string> fields;
        Bytes body;
        bool ended = false;
    };
    std::vector<ReadFrame> frames;
    std::map<std::uint32_t, Read> responses;

    void take(const Bytes& bytes) {
        unread_ += bytes;
        while (unread_.size() >= 9) {
            const std::size_t size = load_u32(unread_.data()) >> 8U;
            if (unread_.size() < 9 + size) break;
            ReadFrame one{unread_[3], unread_[4], load_u32(&unread_[5]), {}};
            one.payload.assign(unread_.begin() + 9, unread_.begin() + 9 + static_cast<std::ptrdiff_t>(size));
            unread_.erase(unread_.begin(), unread_.begin() + 9 + static_cast<std::ptrdiff_t>(size));
            note(one);
            frames.push_back(std::move(one));
        }
    }
    [[nodiscard]] std::size_t count(Type type) const {
        std::size_t found = 0;
        for (const ReadFrame& each : frames) found += each.type == type ? 1U : 0U;
        return found;
    }
    /// The error of the last frame of this type: a GOAWAY, or a RST_STREAM.
    [[nodiscard]] std::uint32_t error_of(Type type) const {
        std::uint32_t found = 0xffffffff;
        for (const ReadFrame& each : frames)
            if (each.type == type) found = load_u32(&each.payload[type == kGoaway ? 4 : 0]);
        return found;
    }
    /// Bytes that are no whole frame.
    [[nodiscard]] const Bytes& unread() const { return unread_; }

private:
    void note(const ReadFrame& one) {
        if (one.type != kHeaders && one.type != kData) return;
        Read& read = responses[one.stream];
        if ((one.flags & kEndStream) != 0) read.ended = true;
        if (one.type == kData) {
            read.body += one.payload;
            return;
        }
        const std::uint8_t* at = one.payload.data();
        std::size_t left = one.payload.size();
        for (int flags = 0; (flags & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
            nghttp2_nv field{};
            const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, at, left, 1);
            ASSERT_GE(used, 0);
            at += used;
            left -= static_cast<std::size_t>(used);
            if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
                read.fields[{reinterpret_cast<char*>(field.name), field.namelen}] = {
                    reinterpret_cast<char*>(field.value), field.valuelen};
        }
        nghttp2_hd_inflate_end_headers(inflater_);
    }

    nghttp2_hd_inflater* inflater_ = nullptr;
    Bytes unread_;
};

}  // namespace cenote::http::testing

// SPDX-License-Identifier: Apache-2.0
//
// Mutates the DNS message in an input as a message: records are added, removed, moved and changed, and counts and
// RDLENGTHs follow, so that most mutations get past the first checks of a parser. Every second mutation is one of
// bytes.
//
// CENOTE_MESSAGE_AT, CENOTE_MESSAGE_FRAMED and CENOTE_MESSAGE_NEXT are the layout of the input (message_places.h). The
// length before a message follows too.

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "resolver/wire/name.h"
#include "resolver/wire/types.h"
#include "tests/fuzz/message_places.h"
#include "tests/fuzz/mutation.h"

namespace {

using namespace cenote;
using fuzz::Bytes;
using fuzz::Choice;

constexpr fuzz::MessageLayout kLayout{CENOTE_MESSAGE_AT, CENOTE_MESSAGE_FRAMED != 0, CENOTE_MESSAGE_NEXT};
constexpr std::size_t kLength = 2;
constexpr std::size_t kPartMax = 600;      // bytes that a mutated owner or RDATA may have
constexpr std::size_t kRecordsMax = 2000;  // of a message that is taken apart

/// Types with names, lengths, lists or bitmaps inside, and those that stand for more than data.
constexpr std::array<std::uint16_t, 24> kTypes{1,  2,  5,  6,  12, 15, 16, 28, 29,  33,  35,  39,
                                               41, 43, 46, 47, 50, 52, 64, 65, 250, 251, 252, 255};
constexpr std::array<std::uint32_t, 5> kTtls{0, 1, 300, 0x7fffffff, 0x80000000};

struct Part {
    Bytes owner;
    std::uint16_t type = 0;
    std::uint16_t rr_class = 0;
    std::uint32_t ttl_s = 0;
    Bytes rdata;  // of a question: none
};

struct Parts {
    std::array<std::uint8_t, 4> front{};  // id and flags
    std::array<std::vector<Part>, 4> sections;
    Bytes behind;
};

std::optional<Part> read_part(ByteView message, std::size_t& at, bool question) {
    const std::size_t begin = at;
    if (!wire::skip_name(message, at)) return std::nullopt;
    Part part;
    part.owner.assign(message.begin() + static_cast<std::ptrdiff_t>(begin),
                      message.begin() + static_cast<std::ptrdiff_t>(at));
    ByteReader reader(message.subspan(at));
    part.type = reader.u16();
    part.rr_class = reader.u16();
    if (!question) {
        part.ttl_s = reader.u32();
        const ByteView rdata = reader.bytes(reader.u16());
        part.rdata.assign(rdata.begin(), rdata.end());
    }
    if (!reader.ok()) return std::nullopt;
    at += reader.offset();
    return part;
}

/// What cannot be read any more is behind the records.
std::optional<Parts> take_apart(ByteView message) {
    if (message.size() < wire::kHeaderSize) return std::nullopt;
    Parts parts;
    std::copy_n(message.begin(), parts.front.size(), parts.front.begin());
    std::size_t at = wire::kHeaderSize;
    std::size_t records = 0;
    for (std::size_t section = 0; section < parts.sections.size(); ++section) {
        for (std::uint16_t left = load_u16(&message[4 + 2 * section]); left > 0; --left) {
            std::size_t next = at;
            auto part = read_part(message, next, section == 0);
            if (!part || ++records > kRecordsMax) break;
            at = next;
            parts.sections[section].push_back(*std::move(part));
        }
    }
    parts.behind.assign(message.begin() + static_cast<std::ptrdiff_t>(at), message.end());
    return parts;
}

void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
void append_u16(Bytes& to, std::size_t number) {
    to.push_back(static_cast<std::uint8_t>(number >> 8U));
    to.push_back(static_cast<std::uint8_t>(number));
}

Bytes put_together(const Parts& parts) {
    Bytes message(parts.front.begin(), parts.front.end());
    for (const auto& section : parts.sections) append_u16(message, section.size());
    for (std::size_t section = 0; section < parts.sections.size(); ++section) {
        for (const Part& part : parts.sections[section]) {
            append(message, part.owner);
            append_u16(message, part.type);
            append_u16(message, part.rr_class);
            if (section == 0) continue;
            append_u16(message, part.ttl_s >> 16U);
            append_u16(message, part.ttl_s & 0xffffU);
            append_u16(message, part.rdata.size());
            append(message, part.rdata);
        }
    }
    append(message, parts.behind);
    return message;
}

/// A pointer to the name of the question, or to anywhere.
Bytes pointer(Choice& choice) {
    const std::size_t to = choice.one_in(3) ? choice.below(512) : wire::kHeaderSize;
    return {static_cast<std::uint8_t>(0xc0U | to >> 8U), static_cast<std::uint8_t>(to)};
}

void change_part(Part& part, Choice& choice) {
    switch (choice.below(7)) {
        case 0: part.type = kTypes[choice.below(kTypes.size())]; break;
        case 1: part.rr_class = choice.one_in(2) ? 1 : static_cast<std::uint16_t>(choice.below(256)); break;
        case 2: part.ttl_s = kTtls[choice.below(kTtls.size())]; break;
        case 3: part.owner = pointer(choice); break;
        case 4: part.owner = fuzz::mutated(part.owner, kPartMax); break;
        default: part.rdata = fuzz::mutated(part.rdata, kPartMax); break;
    }
}

void change(Parts& parts, Choice& choice) {
    auto& section = parts.sections[choice.below(parts.sections.size())];
    if (section.empty() || choice.one_in(8)) {
        section.push_back({pointer(choice), kTypes[choice.below(kTypes.size())], 1, 300, {}});
        return;
    }
    const std::size_t at = choice.below(section.size());
    switch (choice.below(8)) {
        case 0: section.erase(section.begin() + static_cast<std::ptrdiff_t>(at)); break;
        case 1: std::swap(section[at], section[choice.below(section.size())]); break;
        case 2: {
            const Part copy = section[at];
            parts.sections[1 + choice.below(3)].push_back(copy);
            break;
        }
        case 3: parts.front[2 + choice.below(2)] ^= static_cast<std::uint8_t>(1U << choice.below(8)); break;
        case 4: parts.behind = choice.one_in(2) ? Bytes() : fuzz::mutated(parts.behind, kPartMax); break;
        default: change_part(section[at], choice); break;
    }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t size_max,
                                               unsigned seed) {
    Choice choice(seed);
    const ByteView input(data, size);
    const auto places = fuzz::message_places(input, kLayout);
    if (places.empty() || choice.one_in(2)) return LLVMFuzzerMutate(data, size, size_max);
    const fuzz::MessagePlace place = places[choice.below(places.size())];
    auto parts = take_apart(input.subspan(place.begin, place.end - place.begin));
    if (!parts) return LLVMFuzzerMutate(data, size, size_max);
    for (std::size_t changes = 1 + choice.below(3); changes > 0; --changes) change(*parts, choice);
    const Bytes message = put_together(*parts);
    Bytes made(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(place.begin));
    append(made, message);
    append(made, input.subspan(place.end));
    if (made.size() > size_max || message.size() > wire::kMessageMax) return LLVMFuzzerMutate(data, size, size_max);
    if (kLayout.framed) store_u16(&made[place.begin - kLength], static_cast<std::uint16_t>(message.size()));
    std::memcpy(data, made.data(), made.size());
    return made.size();
}

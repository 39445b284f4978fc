// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/node_rules.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/base/random.h"

namespace cenote::cli {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kName = "\6policy\6cenote\0"sv;
constexpr std::uint16_t kTypeTxt = 16;
constexpr std::uint16_t kClassChaos = 3;
constexpr int kTries = 3;
constexpr int kWaitMs = 1000;

void put_u16(std::vector<std::uint8_t>& to, std::uint16_t value) {
    to.push_back(static_cast<std::uint8_t>(value >> 8));
    to.push_back(static_cast<std::uint8_t>(value & 0xff));
}

/// RFC 1035 §4.1: a header with one question.
std::vector<std::uint8_t> query_with(std::uint16_t id) {
    std::vector<std::uint8_t> query;
    for (const std::uint16_t word :
         {id, std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{0}})
        put_u16(query, word);
    for (const char c : kName) query.push_back(static_cast<std::uint8_t>(c));
    put_u16(query, kTypeTxt);
    put_u16(query, kClassChaos);
    return query;
}

/// To the end of a name; a pointer ends it (RFC 1035 §4.1.4).
void skip_name(ByteReader& reader) {
    while (reader.ok()) {
        const std::uint8_t length = reader.u8();
        if (length == 0) return;
        if (length >= 0xc0) return reader.skip(1);
        reader.skip(length);
    }
}

std::optional<std::string> digest_in(std::string_view text) {
    constexpr std::string_view kWord = "rules ";
    const auto at = text.find(kWord);
    if (at == std::string_view::npos) return std::nullopt;
    const auto digits = text.substr(at + kWord.size());
    return std::string(digits.substr(0, digits.find(' ')));
}

Error of_system(std::string_view what) { return {fmt::format("{}: {}", what, std::generic_category().message(errno))}; }

}  // namespace

std::optional<std::string> rules_in_response(ByteView packet, std::uint16_t id) {
    ByteReader reader(packet);
    constexpr std::uint16_t kResponse = 0x8000;
    constexpr std::uint16_t kRcode = 0x000f;
    if (reader.u16() != id) return std::nullopt;
    const std::uint16_t flags = reader.u16();
    const std::uint16_t questions = reader.u16();
    const std::uint16_t answers = reader.u16();
    reader.skip(4);
    if ((flags & kResponse) == 0 || (flags & kRcode) != 0 || questions != 1 || answers == 0) return std::nullopt;
    skip_name(reader);
    reader.skip(4);
    skip_name(reader);
    if (reader.u16() != kTypeTxt || reader.u16() != kClassChaos) return std::nullopt;
    reader.skip(4);
    ByteReader strings(reader.bytes(reader.u16()));
    std::string text;
    while (strings.left() > 0)
        for (const std::uint8_t byte : strings.bytes(strings.u8())) text.push_back(static_cast<char>(byte));
    return reader.ok() && strings.ok() ? digest_in(text) : std::nullopt;
}

Result<std::string> rules_of_node(const SocketAddress& node) {
    sockaddr_storage address{};
    const socklen_t size = node.to_native(address);
    const UniqueFd socket(::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return of_system("cannot make a socket");
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
        return of_system("cannot be reached");
    RandomSource random;
    for (int i = 0; i < kTries; ++i) {
        const std::uint16_t id = random.u16();
        const auto query = query_with(id);
        if (::send(socket.get(), query.data(), query.size(), 0) < 0) return of_system("cannot be asked");
        pollfd wait{.fd = socket.get(), .events = POLLIN, .revents = 0};
        if (::poll(&wait, 1, kWaitMs) <= 0) continue;
        std::array<std::uint8_t, 1232> packet{};
        const auto got = ::recv(socket.get(), packet.data(), packet.size(), 0);
        if (got < 0) return of_system("does not answer");
        if (auto rules = rules_in_response({packet.data(), static_cast<std::size_t>(got)}, id)) return *rules;
        return Error{"does not say which rules it has: its allow_from refuses this machine, or its version is older"};
    }
    return Error{"does not answer"};
}

}  // namespace cenote::cli

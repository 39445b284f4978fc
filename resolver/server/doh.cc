// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/doh.h"

#include <algorithm>
#include <optional>

#include "resolver/policy/access_token.h"
#include "resolver/wire/freshness.h"
#include "resolver/wire/types.h"

namespace cenote::server {
namespace {

constexpr std::string_view kPath{"/dns-query"};
constexpr std::string_view kParameter{"dns="};
constexpr std::size_t kTextMax = 1536;  // of `dns`: no query is as long

/// The value of the one parameter `dns`; empty: there is none, or more than one.
std::string_view dns_parameter(std::string_view query) noexcept {
    std::optional<std::string_view> found;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view each = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (!each.starts_with(kParameter)) continue;
        if (found) return {};
        found = each.substr(kParameter.size());
    }
    return found.value_or(std::string_view());
}

/// The value of a digit of base64url (RFC 4648 §5); 64: it is none.
std::uint32_t digit_of(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a') + 26;
    if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 52;
    if (c == '-') return 62;
    return c == '_' ? 63 : 64;
}

/// Without padding (RFC 8484 §6); empty: not base64url.
ByteView decode(std::string_view text, MutableBytes into) noexcept {
    std::size_t size = 0;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const std::uint32_t digit = digit_of(c);
        if (digit > 63) return {};
        bits = bits << 6 | digit;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        into[size++] = static_cast<std::uint8_t>(bits >> count);
    }
    return count == 6 ? ByteView{} : ByteView(into).first(size);
}

DohQuery from_target(std::string_view query, MutableBytes space) noexcept {
    const std::string_view text = dns_parameter(query);
    if (text.size() > kTextMax) return {.status = 414, .message = {}};
    const ByteView message = decode(text, space);
    return {.status = message.size() < wire::kHeaderSize ? 400U : 200U, .message = message};
}

constexpr DohQuery refused(unsigned status) noexcept { return {.status = status, .message = {}}; }

/// `path_end`: where the path of the target ends.
DohQuery from_method(const http::Request& request, std::size_t path_end, MutableBytes space) noexcept {
    switch (request.method) {
        case http::Method::Other: return refused(405);
        case http::Method::Get:
        case http::Method::Head:
            return from_target(request.target.substr(std::min(path_end + 1, request.target.size())), space);
        case http::Method::Post: break;
    }
    if (!http::is_media_type(request.content_type, wire::kMediaType)) return refused(415);
    if (request.fault == http::Fault::BodyTooLarge) return refused(413);
    return {.status = request.body.size() < wire::kHeaderSize ? 400U : 200U, .message = request.body};
}

/// What is behind kPath; nullopt: the path is none of ours. Nothing in it is decoded: a token needs no escapes.
std::optional<std::string_view> token_of(std::string_view path) noexcept {
    if (!path.starts_with(kPath)) return std::nullopt;
    path.remove_prefix(kPath.size());
    if (path.empty()) return path;
    if (path.front() != '/' || !policy::may_be_token(path.substr(1))) return std::nullopt;
    return path.substr(1);
}

}  // namespace

DohQuery read_doh(const http::Request& request, MutableBytes space) noexcept {
    if (request.fault == http::Fault::TargetTooLong) return refused(414);
    if (request.fault == http::Fault::FieldsTooLarge) return refused(431);
    const std::size_t end = std::min(request.target.find('?'), request.target.size());
    const auto token = token_of(request.target.substr(0, end));
    if (!token) return refused(404);
    DohQuery query = from_method(request, end, space);
    if (query.status == 200 && !request.acceptable) query = refused(406);
    query.token = *token;
    return query;
}

http::Response doh_response(ByteView reply) noexcept {
    return {.status = 200,
            .content_type = wire::kMediaType,
            .allow = {},
            .fresh = true,
            .max_age_s = wire::seconds_fresh(reply),
            .body = reply};
}

http::Response doh_refusal(unsigned status) noexcept {
    return {.status = status,
            .content_type = {},
            .allow = status == 405 ? std::string_view("GET, HEAD, POST") : std::string_view(),
            .body = {}};
}

}  // namespace cenote::server

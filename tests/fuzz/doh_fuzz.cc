// SPDX-License-Identifier: Apache-2.0
//
// Requests of HTTP that may be DNS queries: each gets a status of those that are documented, and the message of one
// that is taken is what a plain decoder of base64 finds in its target, or its body.
//
// Input: a byte that chooses method and fault, the Content-Type up to a line's end, the target up to another, the body.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/base/digest.h"
#include "resolver/http/stream_pool.h"
#include "resolver/policy/access_token.h"
#include "resolver/server/doh.h"
#include "resolver/wire/query.h"

namespace {

using namespace cenote;

std::string_view line_of(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

/// The one value of `dns` in base64url without padding (RFC 8484 §6), by the decoder of base64 that lists use.
std::optional<std::vector<std::uint8_t>> naive_message(std::string_view target) {
    const std::size_t question = target.find('?');
    if (question == std::string_view::npos) return std::nullopt;
    std::string_view query = target.substr(question + 1);
    std::string text;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view each = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (!each.starts_with("dns=") || each.size() == 4) continue;
        if (!text.empty()) return std::nullopt;
        text = each.substr(4);
    }
    if (text.find_first_of("+/=") != std::string::npos) return std::nullopt;
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    while (text.size() % 4 != 0) text.push_back('=');
    return from_base64(text);
}

void expect_message(const http::Request& request, const server::DohQuery& query, ByteView space) {
    CENOTE_CHECK(query.message.size() >= wire::kHeaderSize);
    if (request.method == http::Method::Post) {
        CENOTE_CHECK(query.message.data() == request.body.data() && query.message.size() == request.body.size());
    } else {
        CENOTE_CHECK(query.message.data() == space.data() && query.message.size() <= space.size());
        // Bits that are left over are not looked at: the other decoder refuses them where they are not zero.
        if (const auto naive = naive_message(request.target)) CENOTE_CHECK(std::ranges::equal(*naive, query.message));
    }
    wire::Query parsed;
    (void)wire::parse_query(query.message, parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr std::array kMethods{http::Method::Get, http::Method::Head, http::Method::Post, http::Method::Other};
    constexpr std::array kStatuses{200U, 400U, 404U, 405U, 413U, 414U, 415U, 431U};
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string_view type = line_of(rest);
    const std::string_view target = line_of(rest);
    if (target.size() > http::Stream::kSpace) return 0;  // a longer one has Fault::TargetTooLong and no text
    const std::vector<std::uint8_t> body(rest.begin(), rest.end());
    const http::Request request{.stream = 1,
                                .method = kMethods[data[0] % kMethods.size()],
                                .fault = static_cast<http::Fault>(data[0] / 4U % 4U),
                                .target = target,
                                .content_type = type,
                                .body = body};
    std::array<std::uint8_t, http::Stream::kSpace> space{};
    const server::DohQuery query = server::read_doh(request, space);
    CENOTE_CHECK(std::find(kStatuses.begin(), kStatuses.end(), query.status) != kStatuses.end());
    CENOTE_CHECK(query.token.empty() || policy::may_be_token(query.token));
    if (query.status == 200) {
        expect_message(request, query, space);
        const http::Response response = server::doh_response(query.message);
        CENOTE_CHECK(response.status == 200 && response.body.size() == query.message.size());
    } else {
        const http::Response refusal = server::doh_refusal(query.status);
        CENOTE_CHECK(refusal.status == query.status && refusal.body.empty());
        CENOTE_CHECK(refusal.allow.empty() == (query.status != 405));
    }
    return 0;
}

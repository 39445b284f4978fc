// SPDX-License-Identifier: Apache-2.0
//
// Requests of HTTP that may be DNS queries: each gets a status of those that are documented (http/message.h), and the
// message of one that is taken is its body, or what another decoder of base64 finds in the one `dns` of its target.
//
// Input: a byte that chooses the method, a fault and whether the Accept fields exclude responses, the Content-Type up
// to a line's end, the target up to another, the body.

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
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;

fuzz::Goal taken_by_get("a GET has a query");
fuzz::Goal taken_by_post("a POST has a query");
fuzz::Goal refused("a request is refused");

/// The last bits of a text whose length is no multiple of four are of no byte. read_doh() takes them whatever they are,
/// the other decoder where they are zero.
void clear_unused_bits(std::string& text) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t over = text.size() % 4;
    const std::size_t digit = over < 2 ? std::string_view::npos : kDigits.find(text.back());
    if (digit != std::string_view::npos) text.back() = kDigits[digit & (over == 2 ? 0x30U : 0x3cU)];
}

/// The one value of `dns` in base64url without padding (RFC 8484 §6), by the decoder of base64 that lists use.
std::optional<std::vector<std::uint8_t>> naive_message(std::string_view target) {
    const std::size_t question = target.find('?');
    if (question == std::string_view::npos) return std::nullopt;
    fuzz::Input query(target.substr(question + 1));
    std::string text;
    while (!query.empty()) {
        const std::string_view each = query.part('&');
        if (!each.starts_with("dns=") || each.size() == 4) continue;
        if (!text.empty()) return std::nullopt;
        text = each.substr(4);
    }
    if (text.find_first_of("+/=") != std::string::npos) return std::nullopt;
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    clear_unused_bits(text);
    while (text.size() % 4 != 0) text.push_back('=');
    return from_base64(text);
}

void expect_message(const http::Request& request, const server::DohQuery& query, ByteView space) {
    CENOTE_CHECK(query.message.size() >= wire::kHeaderSize);
    if (request.method == http::Method::Post) {
        taken_by_post.reach();
        CENOTE_CHECK(query.message.data() == request.body.data() && query.message.size() == request.body.size());
    } else {
        CENOTE_CHECK(query.message.data() == space.data() && query.message.size() <= space.size());
        const auto naive = naive_message(request.target);
        CENOTE_CHECK(naive && std::ranges::equal(*naive, query.message));
        taken_by_get.reach();
    }
    wire::Query parsed;
    (void)wire::parse_query(query.message, parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr std::array kMethods{http::Method::Get, http::Method::Head, http::Method::Post, http::Method::Other};
    constexpr std::array kStatuses{200U, 400U, 404U, 405U, 406U, 413U, 414U, 415U, 431U};
    fuzz::Input input(data, size);
    const std::uint8_t choices = input.u8();
    const std::string_view type = input.line();
    const std::string_view target = input.line();
    if (target.size() > http::Stream::kSpace) return 0;  // a longer one has Fault::TargetTooLong and no text
    const std::vector<std::uint8_t> body = input.copy();
    const http::Request request{.stream = 1,
                                .method = kMethods[choices % kMethods.size()],
                                .fault = static_cast<http::Fault>(choices / 4U % 4U),
                                .target = target,
                                .content_type = type,
                                .acceptable = (choices & 0x10U) == 0,
                                .body = body};
    std::array<std::uint8_t, http::Stream::kSpace> space{};
    const server::DohQuery query = server::read_doh(request, space);
    CENOTE_CHECK(std::find(kStatuses.begin(), kStatuses.end(), query.status) != kStatuses.end());
    CENOTE_CHECK(query.token.empty() || policy::may_be_token(query.token));
    CENOTE_CHECK(request.acceptable || query.status != 200);
    if (query.status == 200) {
        expect_message(request, query, space);
        const http::Response response = server::doh_response(query.message);
        CENOTE_CHECK(response.status == 200 && response.body.size() == query.message.size());
    } else {
        refused.reach();
        const http::Response refusal = server::doh_refusal(query.status);
        CENOTE_CHECK(refusal.status == query.status && refusal.body.empty());
        CENOTE_CHECK(refusal.allow.empty() == (query.status != 405));
    }
    return 0;
}

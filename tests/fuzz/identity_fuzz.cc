// SPDX-License-Identifier: Apache-2.0
//
// What clients prove themselves by: names in certificates against patterns, and tokens in paths. The first line of the
// input is a pattern or a path, the rest is a name.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "resolver/base/check.h"
#include "resolver/http/stream_pool.h"
#include "resolver/policy/access_token.h"
#include "resolver/policy/certificate_name.h"
#include "resolver/server/doh.h"
#include "tests/fuzz/input.h"

using cenote::policy::CertificateName;

namespace {

cenote::fuzz::Goal covered("a name is covered by a pattern");
cenote::fuzz::Goal with_token("a path has a token");

void match(std::string_view first, std::string_view rest) {
    const auto pattern = CertificateName::parse_pattern(first);
    if (!pattern) return;
    CENOTE_CHECK(pattern->covers(*pattern));
    for (const auto kind : {CertificateName::Kind::Dns, CertificateName::Kind::Email, CertificateName::Kind::Uri}) {
        const auto name = CertificateName::of_certificate(kind, rest);
        if (!name || !pattern->covers(*name)) continue;
        covered.reach();
        CENOTE_CHECK(rest.find('\0') == std::string_view::npos);
        if (first.find('*') == std::string_view::npos) CENOTE_CHECK(*pattern == *name);
    }
}

void ask(std::string_view target) {
    std::array<std::uint8_t, cenote::http::Stream::kSpace> space{};
    const auto query = cenote::server::read_doh({.stream = 1,
                                                 .method = cenote::http::Method::Get,
                                                 .fault = {},
                                                 .target = target,
                                                 .content_type = {},
                                                 .body = {}},
                                                space);
    if (query.status == 404) CENOTE_CHECK(query.token.empty() && query.message.empty());
    if (query.token.empty()) return;
    with_token.reach();
    CENOTE_CHECK(cenote::policy::may_be_token(query.token));
    CENOTE_CHECK(target.starts_with("/dns-query/"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    cenote::fuzz::Input input(data, size);
    const std::string_view first = input.line();
    match(first, input.text());
    // A target is as long as a request may have it, so that `dns` fits into the space.
    if (first.size() <= cenote::http::Stream::kSpace) ask(first);
    return 0;
}

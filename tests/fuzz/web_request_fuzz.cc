// SPDX-License-Identifier: Apache-2.0
//
// Requests to cenote-web, as its HTTP library hands them over: a target that is taken leads nowhere else however it is
// written, a refusal has the headers of every reply, and no header of a reply has a line of its own.
//
// Input: lines. The first is a method, a blank and a target, each other one a header, up to an empty line.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "resolver/base/check.h"
#include "resolver/web/front.h"
#include "resolver/web/sign_in.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using namespace cenote::web;

fuzz::Goal target_read("a target is read");
fuzz::Goal answered("a request is answered at once");
fuzz::Goal handed_on("a request is left to the daemon");
fuzz::Goal host_refused("a request for another host is refused");

Arrival arrival_of(fuzz::Input input) {
    Arrival arrival;
    fuzz::Input first(input.line());
    arrival.method = first.part(' ');
    arrival.target = first.text();
    arrival.origin.local = IpAddress::parse("127.0.0.1");
    arrival.origin.from_loopback = true;
    while (!input.empty()) {
        fuzz::Input line(input.line());
        if (line.empty()) break;
        const std::string_view name = line.part(':');
        std::string_view value = line.text();
        while (value.starts_with(' ')) value.remove_prefix(1);
        std::string lower(name);
        std::ranges::transform(lower, lower.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        if (!arrival.headers.emplace(lower, value).second) arrival.repeats_a_header = true;
    }
    arrival.has_body = !input.empty();
    return arrival;
}

std::string escaped(std::string_view text, bool of_path) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain || (of_path && c == '/')) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kHex[byte >> 4U];
        out += kHex[byte & 15U];
    }
    return out;
}

bool is_clean(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void expect_target(const Target& target) {
    target_read.reach();
    CENOTE_CHECK(target.path.starts_with('/') && is_clean(target.path));
    CENOTE_CHECK(target.path.find("//") == std::string::npos && (target.path + "/").find("/../") == std::string::npos);
    CENOTE_CHECK((target.path + "/").find("/./") == std::string::npos && target.query.size() <= kParametersMax);
    std::string raw = escaped(target.path, true);
    char separator = '?';
    for (const auto& [name, value] : target.query) {
        CENOTE_CHECK(!name.empty() && is_clean(name) && is_clean(value));
        raw += separator + escaped(name, false) + "=" + escaped(value, false);
        separator = '&';
    }
    if (raw.size() >= kTargetBytesMax) return;
    // A dot that is escaped is refused where it could be a part of its own.
    const auto again = read_target(raw);
    CENOTE_CHECK(again && again->path == target.path && again->query == target.query);
}

void expect_reply(const Arrival& arrival, pages::Reply reply) {
    const pages::Reply whole = Front::finished(std::move(reply));
    CENOTE_CHECK(whole.status >= 200 && whole.status < 600 && is_clean(whole.type));
    bool has_policy = false;
    for (const auto& [name, value] : whole.headers) {
        CENOTE_CHECK(is_clean(name) && is_clean(value));
        has_policy = has_policy || name == "Content-Security-Policy";
    }
    CENOTE_CHECK(has_policy);
    CENOTE_CHECK(arrival.method == "GET" || arrival.method == "HEAD" || arrival.method == "POST" ||
                 whole.status >= 400);
}

void expect_cookies(const Arrival& arrival) {
    const std::string session = cookie(arrival, kSessionCookie);
    CENOTE_CHECK(session.find(';') == std::string::npos);
    if (is_token(session)) CENOTE_CHECK(is_clean(session_cookie(session)));
    const auto language = language_of(arrival, {});
    CENOTE_CHECK(is_clean(language_cookie(language)));
    (void)is_prefetch(arrival);
    (void)is_from_here(arrival);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Front* const front = [] {
        Settings settings;
        settings.listen = {{"127.0.0.1:8053", true, false}};
        settings.node = "dns1";
        return new Front(settings, std::nullopt, "/nonexistent/control.sock");
    }();
    const Arrival arrival = arrival_of(fuzz::Input(data, size));
    if (const auto target = read_target(arrival.target)) expect_target(*target);
    expect_cookies(arrival);
    const bool known = KnownHosts({"dns1"}).contains(arrival.header("host"), arrival.origin);
    auto reply = front->answer_at_once(arrival);
    (!known ? host_refused : reply ? answered : handed_on).reach();
    if (!known) CENOTE_CHECK(reply && reply->status >= 400);
    if (reply) expect_reply(arrival, std::move(*reply));
    return 0;
}

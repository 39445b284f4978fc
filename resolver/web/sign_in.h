// SPDX-License-Identifier: Apache-2.0
//
// What a browser keeps and says of itself: the cookies of session and language, and from where a request was made.
//
// Threads: pure.   Memory: values.   Failure: a cookie in another form is none.
#pragma once

#include <string>
#include <string_view>

#include "resolver/pages/site.h"
#include "resolver/web/arrival.h"

namespace cenote::web {

/// Chromium takes `__Host-` and Secure from loopback without TLS as well.
inline constexpr std::string_view kSessionCookie = "__Host-session";

/// Whether it has the form of the daemon's tokens.
[[nodiscard]] bool is_token(std::string_view text) noexcept;
/// Empty: there is no such cookie, or it is there twice.
[[nodiscard]] std::string cookie(const Arrival& arrival, std::string_view name);
/// `Set-Cookie` for a session of eight hours; an empty token removes it.
[[nodiscard]] std::string session_cookie(std::string_view token);
[[nodiscard]] std::string language_cookie(pages::Language language);

/// By the query, then the cookie, then Accept-Language.
[[nodiscard]] pages::Language language_of(const Arrival& arrival, std::string_view in_query);

/// Whether a browser fetches what its user has not asked for: ahead, or as a part of another page.
[[nodiscard]] bool is_prefetch(const Arrival& arrival);
/// Whether a form was sent by a page of this site.
[[nodiscard]] bool is_from_here(const Arrival& arrival);

}  // namespace cenote::web

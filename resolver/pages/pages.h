// SPDX-License-Identifier: Apache-2.0
//
// The pages of cenote-web: a request of a signed-in user becomes a complete reply, HTML, CSV or JSON. Nothing here
// uses HTTP or sessions; what a page says comes from the verbs of the control socket and from history.db.
//
// Threads:  any; a Site belongs to one request.
// Time:     Site::now.
// Memory:   the reply; what history.db gives is added up as it is read.
// Failure:  none: a page that cannot be made is a page that says why.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "resolver/pages/page.h"
#include "resolver/pages/site.h"

namespace cenote::pages {

/// The page, table or JSON at site.request.path; what is not there is a page with status 404. A page that takes long to
/// make has its frame in `body` and the others in `rest`.
[[nodiscard]] Reply answer(const Site& site);
/// The reply with its rest in its body.
[[nodiscard]] Reply whole(Reply reply);

/// A file that is compiled in. It is served without a session: the page to sign in needs it too.
struct Asset {
    std::string_view path;  // "/assets/style.css"
    std::string_view type;
    std::string_view bytes;
    std::string etag;  // with its quotation marks
};
/// nullptr: there is none.
[[nodiscard]] const Asset* find_asset(std::string_view path);
[[nodiscard]] std::span<const Asset> assets();

/// A whole page without navigation: to sign in, signed out, an error of the server itself.
[[nodiscard]] Reply notice(Language language, int status, std::string_view heading, std::string_view text);

using ReplyFunction = Result<Reply> (*)(const Site& site);

/// What stands at an address: a page, or a reply of another kind.
struct Route {
    std::string_view path;  // "/services", "/services/*": the star is one part, name_in_path() gives it
    PageFunction page = nullptr;
    ReplyFunction reply = nullptr;  // where page is null
};
/// "deepseek" of "/services/deepseek"; empty for a path of one part.
[[nodiscard]] std::string_view name_in_path(const Request& request) noexcept;

/// JSON as the control socket gives it, in one line with its end.
[[nodiscard]] Reply json_reply(const Json& data);

/// The addresses of both parts, each in a file of its own.
[[nodiscard]] std::span<const Route> use_routes() noexcept;   // overview, services, directives, groups
[[nodiscard]] std::span<const Route> rule_routes() noexcept;  // exceptions to privacy, explain

[[nodiscard]] Result<Page> overview_page(const Site& site);
[[nodiscard]] Result<Page> services_page(const Site& site);
[[nodiscard]] Result<Page> service_page(const Site& site);
[[nodiscard]] Result<Page> directives_page(const Site& site);
[[nodiscard]] Result<Page> directive_page(const Site& site);
[[nodiscard]] Result<Page> groups_page(const Site& site);
[[nodiscard]] Result<Page> group_page(const Site& site);

[[nodiscard]] Result<Page> exceptions_page(const Site& site);
[[nodiscard]] Result<Page> bypass_page(const Site& site);
[[nodiscard]] Result<Page> proof_page(const Site& site);
[[nodiscard]] Result<Page> live_page(const Site& site);
[[nodiscard]] Result<Page> log_page(const Site& site);
[[nodiscard]] Result<Page> reports_page(const Site& site);
[[nodiscard]] Result<Page> health_page(const Site& site);
[[nodiscard]] Result<Page> audit_page(const Site& site);
[[nodiscard]] Result<Page> privacy_page(const Site& site);
[[nodiscard]] Result<Page> explain_page(const Site& site);

}  // namespace cenote::pages

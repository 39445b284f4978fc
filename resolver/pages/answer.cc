// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "resolver/base/printable.h"
#include "resolver/document/document.h"
#include "resolver/pages/pages.h"
#include "resolver/pages/render.h"

namespace cenote::pages {
namespace {

bool is_at(std::string_view route, std::string_view path) {
    if (!route.ends_with("/*")) return route == path;
    route.remove_suffix(1);
    return path.starts_with(route) && path.size() > route.size() &&
           path.find('/', route.size()) == std::string_view::npos;
}

const Route* find_route(std::string_view path) {
    for (const auto routes : {use_routes(), rule_routes()})
        if (const auto found = std::ranges::find_if(routes, [&](const Route& one) { return is_at(one.path, path); });
            found != routes.end())
            return &*found;
    return nullptr;
}

/// Pages and their frame ask for the same things: each is asked once.
class RememberingDaemon final : public Daemon {
public:
    explicit RememberingDaemon(Daemon& daemon) : daemon_(daemon) {}

    Result<control::Response> ask(const std::string& verb, Json args,
                                  const std::function<void(const control::Response&)>& on_more) override {
        if (std::ranges::find(kRemembered, verb) == kRemembered.end())
            return daemon_.ask(verb, std::move(args), on_more);
        const std::string key = verb + " " + args.dump(-1, ' ', false, Json::error_handler_t::replace);
        auto known = known_.find(key);
        if (known == known_.end()) {
            std::vector<control::Response> parts;
            auto last =
                daemon_.ask(verb, std::move(args), [&](const control::Response& part) { parts.push_back(part); });
            known = known_.emplace(key, Known{std::move(parts), std::move(last)}).first;
        }
        if (on_more)
            for (const control::Response& part : known->second.parts) on_more(part);
        return known->second.last;
    }
    Status follow(const std::string& verb, Json args,
                  const std::function<bool(const control::Response*)>& on_more) override {
        return daemon_.follow(verb, std::move(args), on_more);
    }

private:
    static constexpr std::array<std::string_view, 6> kRemembered{"ping",   "status", "services",
                                                                 "groups", "lists",  "directives"};
    struct Known {
        std::vector<control::Response> parts;
        Result<control::Response> last;
    };
    Daemon& daemon_;
    std::map<std::string, Known> known_;
};

Page message_page(std::string title, std::string text) {
    Page page{.title = std::move(title), .nav = "", .sections = {}, .has_range = false};
    page.sections.push_back({.id = "message", .title = "", .blocks = {document::Paragraph{std::move(text)}}});
    return page;
}

/// A request with what its page uses, until the rest of the page is made.
struct Making {
    explicit Making(const Site& asked)
        : daemon(asked.daemon),
          site{.request = asked.request,
               .user = asked.user,
               .daemon = daemon,
               .history = asked.history,
               .now = asked.now,
               .smallest = asked.smallest,
               .services = asked.services},
          words(words_of(site)) {}
    Making(const Making&) = delete;
    Making& operator=(const Making&) = delete;

    RememberingDaemon daemon;
    Site site;
    Words words;
    Surroundings around{};
};

Reply framed(const std::shared_ptr<Making>& making, Page page, int status) {
    const Site& site = making->site;
    std::optional<Range> range;
    if (page.has_range) range = range_of(site, making->words);
    const Range* shown = range ? &*range : nullptr;
    making->around = surroundings_of(site, making->words, shown);
    Reply reply;
    reply.status = status;
    reply.body =
        page_begin(site, making->words, page, shown, making->around) + sections_html(site.request, page.sections);
    if (!page.later)
        reply.body += page_end(making->words, making->around);
    else
        reply.rest = [making, later = std::move(page.later)] {
            return sections_html(making->site.request, later()) + page_end(making->words, making->around);
        };
    return reply;
}

Reply csv_reply(const Words& words, Page page, std::string_view id) {
    if (page.later) std::ranges::move(page.later(), std::back_inserter(page.sections));
    const document::Table* table = find_table(page, id);
    Reply reply;
    if (table == nullptr) {
        reply.status = 404;
        reply.type = "text/plain; charset=utf-8";
        reply.body = words.say("no_table", {{"table", printable(id)}}) + "\n";
        return reply;
    }
    reply.type = "text/csv; charset=utf-8; header=present";
    reply.body = document::csv(*table);
    reply.headers.emplace_back("Content-Disposition", fmt::format("attachment; filename=\"cenote-{}.csv\"", table->id));
    return reply;
}

}  // namespace

std::string_view name_in_path(const Request& request) noexcept {
    const std::string_view path = request.path;
    const auto second = path.find('/', 1);
    return second == std::string_view::npos ? std::string_view{} : path.substr(second + 1);
}

Reply json_reply(const Json& data) {
    Reply reply;
    reply.type = "application/json";
    reply.body = data.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    return reply;
}

Reply answer(const Site& site) {
    const auto making = std::make_shared<Making>(site);
    const Words& words = making->words;
    const Route* route = find_route(site.request.path);
    if (route == nullptr)
        return framed(making, message_page(words.say("not_found.title"), words.say("not_found.text")), 404);
    if (route->page == nullptr) {
        auto made = route->reply(site);
        if (made) return std::move(*made);
        Reply reply = json_reply({{"error", made.error().text}});
        reply.status = 502;
        return reply;
    }
    auto page = route->page(making->site);
    if (!page) return framed(making, message_page(words.say("failed.title"), page.error().text), 502);
    if (const std::string_view table = site.request.value("csv"); !table.empty())
        return csv_reply(words, std::move(*page), table);
    const int status = page->status;
    return framed(making, std::move(*page), status);
}

Reply whole(Reply reply) {
    if (reply.rest) reply.body += std::exchange(reply.rest, nullptr)();
    return reply;
}

}  // namespace cenote::pages

// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/trail_commands.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "resolver/daemon/responses.h"
#include "resolver/report/trail.h"

namespace cenote::daemon {
namespace {

using control::Json;
using control::Peer;
using control::Request;
using control::Response;

constexpr std::size_t kRowsMax = 200;                     // of one reply
constexpr std::size_t kBytesMax = control::kLineMax / 4;  // of its rows, unless a single one is longer

/// Adds rows to a reply as long as they fit; false: this one does not.
class Page {
public:
    bool add(Json row) {
        bytes_ += row.dump(-1, ' ', false, Json::error_handler_t::replace).size();
        if (bytes_ > kBytesMax && !rows_.empty()) return false;
        rows_.push_back(std::move(row));
        return true;
    }
    [[nodiscard]] Json rows() && { return std::move(rows_); }

private:
    Json rows_ = Json::array();
    std::size_t bytes_ = 0;
};

Result<std::shared_ptr<const UniqueFd>> open_to_read(const Path& path) {
    auto fd = std::make_shared<const UniqueFd>(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd->valid()) return Error{fmt::format("cannot read {}: {}", path.string(), std::strerror(errno))};
    return fd;
}

using Rows = std::vector<std::pair<std::string, state::Record>>;

/// The records about an id, those of other nodes too: the last ones that fit, the newest first.
Result<Rows> records_about(const Running& running, const std::string& id, std::size_t limit) {
    auto all = running.rulebook().archive().records_of(id);
    if (!all) return all;
    std::ranges::reverse(*all);
    if (all->size() > limit) all->resize(limit);
    return all;
}

/// The records of this node before a number, the newest first.
Result<Rows> records_before(const Running& running, const Request& request, std::size_t limit) {
    const auto looks = request.args.find("looks");
    const state::Looks which = looks == request.args.end() || !looks->is_boolean() ? state::Looks::With
                               : looks->get<bool>()                                ? state::Looks::Only
                                                                                   : state::Looks::Without;
    auto found =
        running.rulebook().archive().records_before(request.args.value("before", std::uint64_t{0}), which, limit);
    if (!found) return std::move(found).error();
    Rows rows;
    for (state::Record& record : *found) rows.emplace_back("", std::move(record));
    return rows;
}

/// Rows of which the newest come first.
Response newest_first(const Running& running, const Request& request, std::size_t limit) {
    const std::string about = text_in(request, "about");
    const auto found = about.empty() ? records_before(running, request, limit) : records_about(running, about, limit);
    if (!found) return fail(found.error().text);
    Page page;
    Json next = nullptr;
    bool whole = found->size() < limit || !about.empty();
    for (const auto& [node, record] : *found) {
        if (!page.add(report::numbered_json(record, node))) {
            whole = false;
            break;
        }
        next = {{"before", record.number}};
    }
    if (whole || !about.empty()) next = nullptr;
    return done({{"node", running.enforcement().loaded().settings.node},
                 {"rows", std::move(page).rows()},
                 {"next", std::move(next)}});
}

}  // namespace

/// Records behind `after` of `of`, a node: "" is this one, whose records come first. With `before` or `about`: the
/// newest first.
Response audit(Running& running, const Peer&, const Request& request) {
    const std::size_t limit = std::clamp<std::size_t>(request.args.value("limit", kRowsMax), 1, kRowsMax);
    if (request.args.contains("before") || request.args.contains("about")) return newest_first(running, request, limit);
    const auto part = running.rulebook().archive().history_after(text_in(request, "of"),
                                                                 request.args.value("after", std::uint64_t{0}), limit);
    if (!part) return fail(part.error().text);
    Page page;
    Json next = nullptr;
    bool whole = part->size() < limit;
    for (const auto& [node, record] : *part) {
        if (!page.add(report::numbered_json(record, node))) {
            whole = false;
            break;
        }
        next = {{"of", node}, {"after", record.number}};
    }
    return done({{"node", running.enforcement().loaded().settings.node},
                 {"rows", std::move(page).rows()},
                 {"next", whole ? Json(nullptr) : std::move(next)}});
}

Response audit_verify(Running& running, const Peer&, const Request& request) {
    const auto all = running.rulebook().archive().history();
    if (!all) return fail(all.error().text);
    return done(report::verification_json(*all, text_in(request, "head")));
}

/// Rules behind the id `after`. A suspension is local to this node.
Response state_export(Running& running, const Peer&, const Request& request) {
    const auto rules = running.rulebook().archive().rules_after(text_in(request, "after"), kRowsMax);
    if (!rules) return fail(rules.error().text);
    Page page;
    Json next = nullptr;
    bool whole = rules->size() < kRowsMax;
    for (const state::Rule& rule : *rules) {
        if (rule.kind != state::RuleKind::Suspension && !page.add(report::rule_json(rule))) {
            whole = false;
            break;
        }
        next = rule.id;
    }
    return done({{"node", running.enforcement().loaded().settings.node},
                 {"rows", std::move(page).rows()},
                 {"next", whole ? Json(nullptr) : std::move(next)}});
}

Response backup(Running& running, const Peer&, const Request&) {
    auto copy = running.rulebook().open_copy();
    if (!copy) return fail(copy.error().text);
    Response response = done(Json::object());
    response.files.push_back(std::make_shared<const UniqueFd>(std::move(*copy)));
    return response;
}

/// The files of the set in force: the large one, and its delta where it has one.
Response set_files(Running& running, const Peer&, const Request&) {
    const Loaded& loaded = running.enforcement().loaded();
    if (loaded.settings.set.empty()) return done(Json::object());  // the configuration has none
    if (loaded.base == nullptr) return fail("no set is in force; run 'cenote update'");
    for (const Path& path : {loaded.settings.set, domainset::previous_path(loaded.settings.set)}) {
        const auto large = domainset::DomainSet::open_alone(path, loaded.base.get());
        auto file = open_to_read(path);
        if (!large || !file) continue;
        Response response = done({{"checksum", domainset::checksum_text(*loaded.base)}});
        response.files.push_back(std::move(*file));
        if (large->info().checksum == loaded.base->info().checksum) return response;
        const auto whole = domainset::DomainSet::open_unverified(path, loaded.base.get());
        auto delta = open_to_read(domainset::delta_path(path, large->info().checksum));
        if (!whole || whole->info().checksum != loaded.base->info().checksum || !delta) continue;
        response.files.push_back(std::move(*delta));
        return response;
    }
    return fail("the file of the set in force was replaced; try again once 'cenote status' shows the new one");
}

}  // namespace cenote::daemon

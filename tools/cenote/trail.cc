// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/trail.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "tools/cenote/state_copy.h"

namespace cenote::cli {
namespace {

/// Appends the rows of a page; false where one of them is no record.
Status take_rows(const Json& page, Trail& trail) {
    trail.node = page.value("node", "");
    for (const Json& row : page.value("rows", Json::array())) {
        auto record = report::record_of(row);
        if (!record) return std::move(record).error();
        trail.records.emplace_back(row.value("node", ""), std::move(*record));
    }
    return Done{};
}

Result<Trail> trail_of_daemon(Session& session) {
    Trail trail;
    Json args = Json::object();
    for (;;) {
        const auto page = session.ask("audit", args);
        if (!page) return page.error();
        if (auto taken = take_rows(*page, trail); !taken) return std::move(taken).error();
        args = page->value("next", Json(nullptr));
        if (args.is_null()) return trail;
    }
}

Result<Trail> trail_of_files(Session& session) {
    const auto settings = session.settings();
    if (!settings) return settings.error();
    session.note_use_of_files();
    if (auto may = check_access_to_state((*settings)->state); !may) return std::move(may).error();
    const auto copy = StateCopy::of((*settings)->state);
    if (!copy) return copy.error();
    auto records = state::read_history(copy->file());
    if (!records) return std::move(records).error();
    return Trail{(*settings)->node, std::move(*records)};
}

}  // namespace

Status check_access_to_state(const Path& state) {
    if (::geteuid() == 0 || ::access(state.c_str(), R_OK) == 0 || errno != EACCES) return Done{};
    return Error{fmt::format("no cenoted runs, and {} may not read {}; be root, or start cenoted", control::own_actor(),
                             state.string())};
}

Result<Trail> read_trail(Session& session) {
    return session.daemon_listens() ? trail_of_daemon(session) : trail_of_files(session);
}

Result<Trail> read_record(Session& session, std::uint64_t number) {
    Trail found;
    if (session.daemon_listens()) {
        const auto page = session.ask("audit", {{"after", number - 1}, {"limit", 1}});
        if (!page) return page.error();
        if (auto taken = take_rows(*page, found); !taken) return std::move(taken).error();
    } else {
        auto all = trail_of_files(session);
        if (!all) return all;
        found = std::move(*all);
    }
    std::erase_if(found.records,
                  [number](const auto& each) { return !each.first.empty() || each.second.number != number; });
    if (found.records.empty()) return Error{fmt::format("there is no record {}; 'cenote audit' shows them", number)};
    return found;
}

Result<Json> verify_trail(Session& session, const std::string& head) {
    if (session.daemon_listens()) return session.ask("audit-verify", {{"head", head}});
    const auto trail = trail_of_files(session);
    if (!trail) return trail.error();
    return report::verification_json(trail->records, head);
}

}  // namespace cenote::cli

// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/stored_rules.h"

#include <algorithm>
#include <map>
#include <memory>

#include "tools/cenote/as_owner.h"

namespace cenote::cli {
namespace {

using Records = std::vector<std::pair<std::string, state::Record>>;
using Rules = std::vector<state::Rule>;

bool has_state(const config::Settings& settings) {
    std::error_code none;  // before the daemon has run for the first time
    return std::filesystem::exists(settings.state, none);
}

}  // namespace

Result<std::vector<state::Rule>> stored_rules(const config::Settings& settings) {
    const auto owner = AsOwner::of(settings.state.parent_path());
    if (!owner) return owner.error();
    if (!has_state(settings)) return std::vector<state::Rule>{};
    return state::read_rules(settings.state);
}

Result<report::StoryOf> stored_stories(const config::Settings& settings) {
    const auto owner = AsOwner::of(settings.state.parent_path());
    if (!owner) return owner.error();
    const auto rules = has_state(settings) ? state::read_rules(settings.state) : Result<Rules>(Rules{});
    if (!rules) return rules.error();
    auto trail = has_state(settings) ? state::read_history(settings.state) : Result<Records>(Records{});
    if (!trail) return std::move(trail).error();
    std::stable_sort(trail->begin(), trail->end(),
                     [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
    auto by_id = std::make_shared<std::map<std::string, Records>>();
    for (const state::Rule& rule : *rules) (*by_id)[rule.id];
    for (auto& each : *trail) {
        const auto known = by_id->find(each.second.object);
        if (known != by_id->end() && !state::is_backup_node(each.first)) known->second.push_back(std::move(each));
    }
    return report::StoryOf([by_id](const std::string& id) {
        const auto found = by_id->find(id);
        return found == by_id->end() ? report::RuleStory{} : report::story_in(found->second);
    });
}

Result<Json> rows_from_files(Session& session, bool all, const RuleViews& views) {
    const WallTime now = wall_now();
    const auto files = session.policy(now);
    if (!files) return files.error();
    const auto& settings = **session.settings();
    const auto stories = stored_stories(settings);
    if (!stories) return stories.error();
    Json rows = Json::array();
    if (all) {
        const auto rules = stored_rules(settings);
        if (!rules) return rules.error();
        rows = views.ended(*rules, *stories);
    }
    for (Json& row : views.in_force(*files->policy, now, *stories)) rows.push_back(std::move(row));
    return rows;
}

}  // namespace cenote::cli

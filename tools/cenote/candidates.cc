// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/candidates.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>

#include "resolver/base/printable.h"
#include "resolver/domainset/source.h"

namespace cenote::cli {
namespace {

using Candidates = std::vector<Candidate>;

constexpr unsigned kPatience = 2;  // seconds until a daemon that does not reply is given up
const std::string kFilesLine = ":files";

/// The words of a check such as CLI::IsMember, which shows them as {a,b}.
std::vector<std::string> words_of(const std::string& type) {
    std::vector<std::string> words;
    const auto open = type.find('{');
    const auto close = type.find('}', open);
    if (open == std::string::npos || close == std::string::npos) return words;
    for (auto at = open + 1; at < close;) {
        const auto end = std::min(type.find(',', at), close);
        words.push_back(type.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

Named named_by(const CLI::App& verb, const CLI::Option& option) {
    struct Place {
        std::string_view verb;  // empty: any
        std::string_view option;
        Named named;
    };
    constexpr std::array<Place, 23> kPlaces{{{"services", "ID", Named::Services},
                                             {"resume", "ID", Named::Suspensions},
                                             {"audit", "--directive", Named::EveryDirective},
                                             {"log", "--directive", Named::EveryDirective},
                                             {"report", "--directive", Named::EveryDirective},
                                             {"add", "--id", Named::Nothing},
                                             {"", "ID", Named::Directives},
                                             {"", "N", Named::Exceptions},
                                             {"", "SERVICE", Named::Services},
                                             {"", "TARGET", Named::Targets},
                                             {"prove", "DIRECTIVE", Named::Directives},
                                             {"help", "VERB", Named::Verbs},
                                             {"", "FILE", Named::Files},
                                             {"", "OLD", Named::Files},
                                             {"", "NEW", Named::Files},
                                             {"", "--target", Named::Targets},
                                             {"", "--directive", Named::Directives},
                                             {"", "--service", Named::Services},
                                             {"", "--group", Named::Groups},
                                             {"", "--vendor", Named::Vendors},
                                             {"", "--category", Named::Categories},
                                             {"", "--jurisdiction", Named::Jurisdictions},
                                             {"", "--role", Named::Roles}}};
    const std::string type = option.get_type_name();
    if (type == "FILE" || type == "PATH") return Named::Files;
    const std::string name =
        option.get_positional() ? option.get_name(true, false) : "--" + option.get_lnames().front();
    const auto* found = std::find_if(kPlaces.begin(), kPlaces.end(), [&](const Place& place) {
        return place.option == name && (place.verb.empty() || place.verb == verb.get_name());
    });
    return found == kPlaces.end() ? Named::Nothing : found->named;
}

/// The place behind the words before the cursor.
class Place {
public:
    Place(const CLI::App& app, const std::vector<std::string>& words) : app_(&app), verb_(&app) {
        for (const std::string& word : words) pass(word);
    }

    [[nodiscard]] Candidates candidates(const std::string& current, const Names& names) const {
        if (value_of_ != nullptr) return values(*value_of_, current, names);
        if (const auto equals = current.find('='); current.starts_with("--") && equals != std::string::npos)
            return values_with_name(current.substr(0, equals), names);
        if (current.starts_with('-')) return options();
        Candidates found = verbs();
        if (!found.empty()) return found;
        if (const CLI::Option* argument = argument_here()) found = values(*argument, current, names);
        return found.empty() && current.empty() ? options() : found;
    }

private:
    void pass(const std::string& word) {
        if (value_of_ != nullptr) {
            value_of_ = nullptr;
            return;
        }
        if (word.starts_with('-') && word.size() > 1) {
            const CLI::Option* option = find_option(word);
            if (option != nullptr && option->get_items_expected_max() > 0) value_of_ = option;
            return;
        }
        if (verb_ == app_ || arguments_ == 0) {
            for (const CLI::App* below : verb_->get_subcommands([](const CLI::App*) { return true; })) {
                if (below->get_name() != word) continue;
                verb_ = below;
                words_of_help_ = verb_->get_name() == "help" ? app_ : nullptr;
                return;
            }
        }
        ++arguments_;
        if (words_of_help_ == nullptr) return;
        const auto below =
            words_of_help_->get_subcommands([&](const CLI::App* verb) { return verb->get_name() == word; });
        words_of_help_ = below.empty() ? nullptr : below.front();
    }

    /// An option of the verb, or of one above it, whose options may follow the verb as well.
    [[nodiscard]] const CLI::Option* find_option(const std::string& name) const {
        for (const CLI::App* at = verb_; at != nullptr; at = at->get_parent())
            for (const CLI::Option* option : at->get_options())
                if (!option->get_positional() && option->check_name(name)) return option;
        return nullptr;
    }

    /// The argument that a word here is for; the last one where it takes several.
    [[nodiscard]] const CLI::Option* argument_here() const {
        const auto all = verb_->get_options([](const CLI::Option* each) { return each->get_positional(); });
        if (arguments_ < all.size()) return all[arguments_];
        const bool several =
            !all.empty() && all.back()->get_items_expected_max() >= CLI::detail::expected_max_vector_size;
        return several ? all.back() : nullptr;
    }

    static Candidates verbs_below(const CLI::App* app) {
        Candidates found;
        if (app == nullptr) return found;
        for (const CLI::App* verb : app->get_subcommands([](const CLI::App*) { return true; }))
            found.push_back({verb->get_name(), verb->get_description()});
        return found;
    }

    [[nodiscard]] Candidates verbs() const { return arguments_ == 0 ? verbs_below(verb_) : Candidates(); }

    [[nodiscard]] Candidates options() const {
        Candidates found;
        for (const CLI::App* at = verb_; at != nullptr; at = at->get_parent())
            for (const CLI::Option* option : at->get_options())
                for (const std::string& name : option->get_lnames())
                    if (at == verb_ || option != at->get_help_ptr())
                        found.push_back({"--" + name, option->get_description()});
        return found;
    }

    [[nodiscard]] Candidates values_with_name(const std::string& name, const Names& names) const {
        const CLI::Option* option = find_option(name);
        Candidates found = option == nullptr ? Candidates() : values(*option, "", names);
        for (Candidate& each : found) each.word = name + "=" + each.word;
        return found;
    }

    [[nodiscard]] Candidates values(const CLI::Option& option, const std::string& current, const Names& names) const {
        const auto words = words_of(option.get_type_name());
        Candidates found;
        for (const std::string& word : words) found.push_back({word, {}});
        if (!found.empty()) return found;
        switch (const Named named = named_by(*verb_, option)) {
            case Named::Nothing: return {};
            case Named::Files: return {{kFilesLine, {}}};
            case Named::Verbs: return verbs_below(words_of_help_);
            case Named::Roles:
                for (std::size_t i = 0; i < domainset::kRoleCount; ++i)
                    found.push_back({std::string(domainset::role_to_text(static_cast<domainset::Role>(i))), {}});
                return found;
            case Named::Targets: return targets(current, names);
            default: return names(named);
        }
    }

    /// "service:", and so on; the services alone until there is a colon.
    static Candidates targets(const std::string& current, const Names& names) {
        constexpr std::array<std::pair<std::string_view, Named>, 7> kKinds{{{"service:", Named::Services},
                                                                            {"category:", Named::Categories},
                                                                            {"vendor:", Named::Vendors},
                                                                            {"jurisdiction:", Named::Jurisdictions},
                                                                            {"domain:", Named::Nothing},
                                                                            {"list:", Named::Nothing},
                                                                            {"address:", Named::Nothing}}};
        Candidates found;
        for (const auto& [prefix, named] : kKinds) {
            if (!current.starts_with(prefix)) continue;
            if (named != Named::Nothing) found = names(named);
            for (Candidate& each : found) each.word.insert(0, prefix);
            return found;
        }
        found = names(Named::Services);
        for (const auto& [prefix, named] : kKinds) found.push_back({std::string(prefix), {}});
        return found;
    }

    const CLI::App* app_;
    const CLI::App* verb_;
    const CLI::Option* value_of_ = nullptr;    // the option that the next word is the value of
    const CLI::App* words_of_help_ = nullptr;  // after `help`: the verb that its words name so far
    std::size_t arguments_ = 0;
};

/// The field `key` of each row, which may be a text or an array of texts, each once.
Candidates fields_of(const Json& rows, const char* key, const char* description) {
    std::map<std::string, std::string> found;
    for (const auto& row : rows) {
        const auto value = row.find(key);
        if (value == row.end()) continue;
        const auto text = row.find(description);
        const bool has_text = text != row.end() && text->is_string();
        for (const auto& one : value->is_array() ? *value : Json::array({*value}))
            if (one.is_string()) found.emplace(one.get<std::string>(), has_text ? text->get<std::string>() : "");
    }
    Candidates all;
    for (auto& [word, text] : found) all.push_back({word, text});
    return all;
}

Candidates names_of_daemon(Session& session, Named what) {
    const auto rows = [&session](const char* verb, Json args) {
        auto answer = session.ask_if_there(verb, std::move(args));
        return answer && *answer ? std::move(**answer) : Json::array();
    };
    const Json none = Json::object();
    switch (what) {
        case Named::Services: return fields_of(rows("services", none), "id", "name");
        case Named::Vendors: return fields_of(rows("services", none), "vendor", "");
        case Named::Categories: return fields_of(rows("services", none), "category", "");
        case Named::Jurisdictions: return fields_of(rows("services", none), "jurisdiction", "");
        case Named::Directives: return fields_of(rows("directives", none), "id", "title");
        case Named::EveryDirective: return fields_of(rows("directives", {{"all", true}}), "id", "title");
        case Named::Suspensions: {
            Json allows = rows("allows", none);
            Json found = Json::array();
            for (Json& row : allows)
                if (row.value("kind", "") == "suspension") found.push_back(std::move(row));
            return fields_of(found, "id", "reason");
        }
        case Named::Exceptions: {
            const Json page = rows("exceptions", {{"open", true}});
            return fields_of(page.is_object() ? page.value("rows", Json::array()) : page, "id", "purpose");
        }
        case Named::Groups: {
            auto found = fields_of(rows("groups", none), "id", "name");
            found.push_back({"everyone", "every client"});
            return found;
        }
        default: return {};
    }
}

/// The paths that the words and the environment give, as the parser would read them.
void set_paths(Session& session, const std::vector<std::string>& words) {
    if (const char* config = std::getenv("CENOTE_CONFIG")) session.config = config;
    if (const char* socket = std::getenv("CENOTE_SOCKET")) session.socket = socket;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i] == "--config") session.config = words[i + 1];
        if (words[i] == "--socket") session.socket = words[i + 1];
    }
}

}  // namespace

std::vector<Candidate> candidates(const CLI::App& app, const std::vector<std::string>& words, const Names& names) {
    if (words.empty()) return {};
    const std::string& current = words.back();
    Candidates found = Place(app, {words.begin(), words.end() - 1}).candidates(current, names);
    std::erase_if(found, [&current](const Candidate& each) {
        return !each.word.starts_with(current) && !each.word.ends_with(kFilesLine);
    });
    return found;
}

int print_candidates(const CLI::App& app, Session& session, const std::vector<std::string>& words) {
    std::signal(SIGALRM, [](int) { ::_exit(0); });
    ::alarm(kPatience);
    set_paths(session, words);
    const auto names = [&session](Named what) { return names_of_daemon(session, what); };
    for (const auto& [word, description] : candidates(app, words, names))
        fmt::print("{}{}\n", printable(word), description.empty() ? "" : "\t" + printable(description));
    return 0;
}

}  // namespace cenote::cli

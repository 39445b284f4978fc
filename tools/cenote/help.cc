// SPDX-License-Identifier: Apache-2.0
//
// help, and the form of --help.
#include "tools/cenote/help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "resolver/base/diagnostics.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

constexpr std::size_t kWidthOfPipe = 80;
constexpr std::size_t kWidestHelp = 100;
constexpr std::size_t kNameColumn = 24;  // of options and arguments, with indent and gap
constexpr std::size_t kVerbColumn = 14;  // of verbs

struct Heading {
    std::string_view text;
    std::string_view verbs;  // with blanks between them, and at both ends
};
/// The verbs of the program in the order of the help. A new verb gets its place here.
constexpr std::array<Heading, 8> kHeadings{{
    {"See what is in force", " explain verdicts services directives allows lists groups exceptions audit "},
    {"Watch the daemon", " status top stats metrics bypass tail log web "},
    {"Report to the authority", " report prove "},
    {"See and limit what is kept of clients", " privacy reveal "},
    {"Change rules", " observe advise restrict block directive allow suspend resume exception "},
    {"Keep lists and daemon up to date", " update compile inspect diff reload flush "},
    {"Move rules to other places", " export state history backup restore "},
    {"Bring clients to this resolver", " dnr profile "},
}};
constexpr std::string_view kRemaining = "Other verbs";

std::vector<const CLI::App*> verbs_below(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App* verb) { return !verb->get_name().empty(); });
}

std::string words_up_to(const CLI::App& app) {
    const std::string& own = app.get_name();
    return app.get_parent() == nullptr ? own : words_up_to(*app.get_parent()) + " " + own;
}

/// Name and description in two columns; a long name has a line of its own.
std::string entry(const std::string& name, const std::string& description, std::size_t column, std::size_t width) {
    std::string text = "  " + name;
    text += width_of(text) + 2 > column ? "\n" + std::string(column, ' ') : std::string(column - width_of(text), ' ');
    const auto lines = wrapped(description, width - column);
    for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : std::string(column, ' ')) + lines[i] + '\n';
    return text;
}

std::string names_of(const std::set<CLI::Option*>& options) {
    std::vector<std::string> names;
    for (const CLI::Option* option : options) names.push_back(option->get_name());
    return fmt::format("{}", fmt::join(names, ", "));
}

/// The description, and in brackets what the parser checks.
std::string described(const CLI::Option& option) {
    std::vector<std::string> more;
    if (option.get_required()) more.emplace_back("required");
    if (!option.get_default_str().empty()) more.push_back("default " + option.get_default_str());
    if (!option.get_envname().empty()) more.push_back("variable " + option.get_envname());
    if (!option.get_needs().empty()) more.push_back("with " + names_of(option.get_needs()));
    if (!option.get_excludes().empty()) more.push_back("not with " + names_of(option.get_excludes()));
    if (option.get_items_expected_max() >= CLI::detail::expected_max_vector_size) more.emplace_back("several");
    return option.get_description() + (more.empty() ? std::string() : fmt::format(" ({})", fmt::join(more, "; ")));
}

/// "--client IP"; the words of a check, which CLI11 puts after the type, are in the description.
std::string name_of(const CLI::Option& option) {
    if (option.get_positional()) return option.get_name(true, false);
    std::string name = option.get_name(false, true);
    if (const auto comma = name.find(','); comma != std::string::npos) name.insert(comma + 1, " ");
    if (option.get_items_expected_max() == 0) return name;
    const std::string type = option.get_type_name();
    return name + " " + type.substr(0, type.find(':'));
}

class HelpFormat : public CLI::Formatter {
public:
    std::string make_help(const CLI::App* app, std::string /*name*/, CLI::AppFormatMode /*mode*/) const override {
        const std::size_t columns = terminal_columns();
        const std::size_t width = columns == 0 ? kWidthOfPipe : std::min(columns, kWidestHelp);
        std::string text = wrapped_text(app->get_description(), width, 0) + "\n\n";
        text += wrapped_text(usage(*app), width, 4) + "\n";
        text += options(*app, true, width) + options(*app, false, width);
        if (app->get_parent() != nullptr) return text + verbs(*app, "Verbs", verbs_below(*app), width);
        auto left = verbs_below(*app);
        for (const Heading& heading : kHeadings) text += verbs(*app, heading.text, take(left, heading.verbs), width);
        text += verbs(*app, kRemaining, left, width);
        return text + wrapped_text("\n'cenote help VERB' shows the arguments and options of a verb.", width, 0) + "\n";
    }

private:
    static std::string usage(const CLI::App& app) {
        std::string text = fmt::format("Usage: {} [OPTIONS]", words_up_to(app));
        for (const CLI::Option* option :
             app.get_options([](const CLI::Option* each) { return each->get_positional(); })) {
            const bool several = option->get_items_expected_max() >= CLI::detail::expected_max_vector_size;
            const std::string name = name_of(*option) + (several ? "..." : "");
            text += option->get_required() ? " " + name : fmt::format(" [{}]", name);
        }
        if (verbs_below(app).empty()) return text;
        return text + (app.get_require_subcommand_min() == 0 ? " [VERB ...]" : " VERB ...");
    }

    static std::string options(const CLI::App& app, bool positional, std::size_t width) {
        std::string text;
        for (const CLI::Option* option :
             app.get_options([positional](const CLI::Option* each) { return each->get_positional() == positional; }))
            text += entry(name_of(*option), described(*option), kNameColumn, width);
        return text.empty() ? text : (positional ? "\nArguments:\n" : "\nOptions:\n") + text;
    }

    static std::string verbs(const CLI::App& app, std::string_view heading, const std::vector<const CLI::App*>& list,
                             std::size_t width) {
        std::string text;
        for (const CLI::App* verb : list)
            text += entry(verb->get_name(), verb->get_description(), kVerbColumn + (app.get_parent() ? 2 : 0), width);
        return text.empty() ? text : fmt::format("\n{}:\n{}", heading, text);
    }

    /// Removes the verbs that are among `words` from `from`, and returns them in the order of the words.
    static std::vector<const CLI::App*> take(std::vector<const CLI::App*>& from, std::string_view words) {
        const auto place = [words](const CLI::App* verb) { return words.find(" " + verb->get_name() + " "); };
        const auto taken = std::stable_partition(
            from.begin(), from.end(), [&](const CLI::App* verb) { return place(verb) == std::string_view::npos; });
        std::vector<const CLI::App*> found(taken, from.end());
        from.erase(taken, from.end());
        std::sort(found.begin(), found.end(),
                  [&](const CLI::App* a, const CLI::App* b) { return place(a) < place(b); });
        return found;
    }
};

const CLI::App& last_verb(const CLI::App& app) {
    const CLI::App* at = &app;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    return *at;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
    const std::string near = nearest(word, known);
    return near.empty() ? std::string() : fmt::format("; did you mean '{}'?", near);
}

std::string no_such_verb(const CLI::App& app, const std::string& word) {
    std::vector<std::string> known;
    for (const CLI::App* verb : verbs_below(app)) known.push_back(verb->get_name());
    const std::string before = app.get_parent() == nullptr ? "" : app.get_name() + " ";
    return fmt::format("there is no verb '{}{}'{}", before, word, did_you_mean(word, known));
}

std::string no_such_option(const CLI::App& app, const std::string& word) {
    std::vector<std::string> known;
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent())
        for (const CLI::Option* option : at->get_options())
            for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    return fmt::format("there is no option '{}'{}", word, did_you_mean(word, known));
}

/// The first word that is no option, among those that the parser could not place; empty: none.
std::string unplaced_word(const CLI::App& app) {
    const auto rest = app.remaining(true);
    const auto found = std::find_if(rest.begin(), rest.end(), [](const std::string& word) { return word[0] != '-'; });
    return found == rest.end() ? std::string() : *found;
}

}  // namespace

void set_help_format(CLI::App& app) {
    app.formatter(std::make_shared<HelpFormat>());
    app.set_help_flag("-h,--help", "Print this help");
}

Result<const CLI::App*> find_verb(const CLI::App& app, const std::vector<std::string>& words) {
    const CLI::App* at = &app;
    for (const std::string& word : words) {
        const auto below = verbs_below(*at);
        const auto found =
            std::find_if(below.begin(), below.end(), [&](const CLI::App* verb) { return verb->get_name() == word; });
        if (found == below.end()) return Error{no_such_verb(*at, word)};
        at = *found;
    }
    return at;
}

std::string verb_words(const CLI::App& app) { return words_up_to(last_verb(app)); }

bool names_unknown_verb(const CLI::App& app) {
    return !verbs_below(last_verb(app)).empty() && !unplaced_word(app).empty();
}

std::string explain_mistake(const CLI::App& app, const CLI::ParseError& mistake) {
    const CLI::App& verb = last_verb(app);
    if (names_unknown_verb(app)) return no_such_verb(verb, unplaced_word(app));
    const auto rest = app.remaining(true);
    if (!rest.empty() && rest.front().starts_with('-')) return no_such_option(verb, rest.front());
    if (!rest.empty()) return fmt::format("'{}' is an argument too many", rest.front());
    if (mistake.get_name() == "RequiredError" && !verbs_below(verb).empty()) return "a verb is missing";
    return mistake.what();
}

void add_help(Verbs& verbs) {
    CLI::App* verb = verbs.add("help", "The verbs; with a VERB its arguments and options");
    const auto words = std::make_shared<std::vector<std::string>>();
    verb->add_option("VERB", *words, "The verb, as explain, or exception request")->type_name("");
    verbs.on(verb, [words, &app = verbs.app()](Session&) {
        const auto found = find_verb(app, *words);
        if (!found) return wrong_command_line(found.error());
        fmt::print("{}", (*found)->get_formatter()->make_help(*found, {}, CLI::AppFormatMode::Normal));
        return Exit::Done;
    });
}

}  // namespace cenote::cli

// SPDX-License-Identifier: Apache-2.0
//
// completion: scripts for shells, generated from the verbs and options of the parser.
#include <fmt/format.h>

#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

struct Option {
    std::vector<std::string> names;  // with their dashes
    std::string description;
    bool takes_value = false;
    bool takes_file = false;
};

struct Verb {
    std::string name;  // empty: before any verb
    std::string description;
    std::vector<Option> options;
    std::vector<std::string> words;  // the values of a positional argument
};

/// Words of a check such as CLI::IsMember, which shows them as {a,b}.
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

Verb verb_of(CLI::App& app) {
    Verb verb{app.get_parent() == nullptr ? std::string() : app.get_name(), app.get_description(), {}, {}};
    for (const CLI::Option* one : app.get_options()) {
        if (one->get_positional()) {
            for (auto& word : words_of(one->get_type_name())) verb.words.push_back(std::move(word));
            continue;
        }
        Option option;
        for (const auto& name : one->get_snames()) option.names.push_back("-" + name);
        for (const auto& name : one->get_lnames()) option.names.push_back("--" + name);
        option.description = one->get_description();
        option.takes_value = one->get_items_expected_max() > 0;
        option.takes_file = one->get_type_name() == "FILE" || one->get_type_name() == "PATH";
        verb.options.push_back(std::move(option));
    }
    return verb;
}

std::vector<Verb> verbs_of(CLI::App& app) {
    std::vector<Verb> verbs{verb_of(app)};
    for (CLI::App* sub : app.get_subcommands({})) verbs.push_back(verb_of(*sub));
    return verbs;
}

std::string all_words(const Verb& verb) {
    std::vector<std::string> words = verb.words;
    for (const auto& option : verb.options) words.insert(words.end(), option.names.begin(), option.names.end());
    return fmt::format("{}", fmt::join(words, " "));
}

std::string verb_names(const std::vector<Verb>& verbs) {
    std::vector<std::string> names;
    for (const auto& verb : verbs)
        if (!verb.name.empty()) names.push_back(verb.name);
    return fmt::format("{}", fmt::join(names, " "));
}

/// In single quotes, as each of the shells reads them.
std::string in_quotes(std::string_view text) {
    std::string safe = "'";
    for (const char c : text) safe += c == '\'' ? std::string("’") : std::string(1, c);
    return safe + "'";
}

std::string bash_script(const std::vector<Verb>& verbs) {
    std::string cases;
    for (const auto& verb : verbs)
        if (!verb.name.empty())
            cases += fmt::format("        {}) words={} ;;\n", verb.name, in_quotes(all_words(verb)));
    std::string files;
    std::string values;
    for (const auto& verb : verbs)
        for (const auto& option : verb.options)
            if (option.takes_value)
                (option.takes_file ? files : values) += fmt::format("|{}", fmt::join(option.names, "|"));
    return fmt::format(R"(# bash completion of cenote, written by `cenote completion bash`
_cenote() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} verb= words= at
    case $before in
        --no-option{}) COMPREPLY=($(compgen -f -- "$current")); return ;;
        --no-option{}) COMPREPLY=(); return ;;
    esac
    for ((at = 1; at < COMP_CWORD; at++)); do
        case ${{COMP_WORDS[at]}} in
            --config|--socket) ((at++)) ;;
            -*) ;;
            *) verb=${{COMP_WORDS[at]}}; break ;;
        esac
    done
    case $verb in
        '') words={} ;;
{}    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _cenote cenote
)",
                       files, values, in_quotes(verb_names(verbs) + " " + all_words(verbs.front())), cases);
}

/// Escapes what _arguments and _describe interpret.
std::string zsh_text(std::string_view text) {
    std::string safe;
    for (const char c : text) safe += c == ':' || c == '[' || c == ']' ? fmt::format("\\{}", c) : std::string(1, c);
    return safe;
}

std::string zsh_options(const Verb& verb) {
    std::string lines;
    for (const auto& option : verb.options)
        for (const auto& name : option.names)
            lines += " \\\n                " + in_quotes(fmt::format("{}[{}]{}", name, zsh_text(option.description),
                                                                     option.takes_file    ? ":file:_files"
                                                                     : option.takes_value ? ":value: "
                                                                                          : ""));
    if (!verb.words.empty())
        lines += " \\\n                " + in_quotes(fmt::format("1:word:({})", fmt::join(verb.words, " ")));
    return lines;
}

std::string zsh_script(const std::vector<Verb>& verbs) {
    std::string names;
    std::string cases;
    for (const auto& verb : verbs) {
        if (verb.name.empty()) continue;
        names += fmt::format("        {}\n", in_quotes(verb.name + ":" + zsh_text(verb.description)));
        cases += fmt::format("            {})\n                _arguments{}{}\n                ;;\n", verb.name,
                             zsh_options(verb), verb.words.empty() ? " \\\n                '*:file:_files'" : "");
    }
    return fmt::format(R"(#compdef cenote
# zsh completion of cenote, written by `cenote completion zsh`
_cenote() {{
    local -a verbs
    verbs=(
{})
    _arguments -C{} \
                '1:verb:->verb' '*::argument:->argument'
    case $state in
        verb) _describe verb verbs ;;
        argument)
            case $words[1] in
{}            esac
            ;;
    esac
}}
if [ "$funcstack[1]" = _cenote ]; then _cenote "$@"; else compdef _cenote cenote; fi
)",
                       names, zsh_options(verbs.front()), cases);
}

std::string fish_script(const std::vector<Verb>& verbs) {
    std::string script = "# fish completion of cenote, written by `cenote completion fish`\ncomplete -c cenote -f\n";
    for (const auto& verb : verbs) {
        const std::string when =
            verb.name.empty() ? "" : " -n " + in_quotes("__fish_seen_subcommand_from " + verb.name);
        if (!verb.name.empty())
            script += fmt::format("complete -c cenote -n __fish_use_subcommand -a {} -d {}\n", verb.name,
                                  in_quotes(verb.description));
        for (const auto& option : verb.options) {
            script += "complete -c cenote" + when;
            for (const auto& name : option.names)
                script += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            script += fmt::format("{} -d {}\n",
                                  option.takes_file    ? " -r -F"
                                  : option.takes_value ? " -x"
                                                       : "",
                                  in_quotes(option.description));
        }
        if (!verb.words.empty())
            script += fmt::format("complete -c cenote{} -a {}\n", when,
                                  in_quotes(fmt::format("{}", fmt::join(verb.words, " "))));
    }
    return script;
}

}  // namespace

void add_completion(Verbs& verbs) {
    CLI::App* verb = verbs.add("completion", "Print the completion script of a shell");
    const auto shell = std::make_shared<std::string>();
    verb->add_option("SHELL", *shell, "The shell")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember(std::vector<std::string>{"bash", "zsh", "fish"}));
    verbs.on(verb, [shell, &app = verbs.app()](Session&) {
        const auto known = verbs_of(app);
        fmt::print("{}", *shell == "bash"  ? bash_script(known)
                         : *shell == "zsh" ? zsh_script(known)
                                           : fish_script(known));
        return Exit::Done;
    });
}

}  // namespace cenote::cli

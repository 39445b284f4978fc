// SPDX-License-Identifier: Apache-2.0
//
// completion: a script for a shell. The scripts ask the program itself (candidates.h), so that they need no change with
// it.
#include <fmt/format.h>

#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

// bash divides words at ':' and '=' as well, and replaces only the part after them. Words with blanks have backslashes.
constexpr std::string_view kBash = R"(# bash completion of cenote, written by `cenote completion bash`
_cenote() {
    local line=${COMP_LINE:0:COMP_POINT} breaks=${COMP_WORDBREAKS//[^:=]/} words current divided='' word
    read -a words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    current=${words[-1]}
    [ -z "$breaks" ] || divided=${current%"${current##*[$breaks]}"}
    COMPREPLY=()
    while IFS=$'\t' read -r word _; do
        if [ "$word" = :files ]; then
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "${current#"$divided"}")
            return
        fi
        printf -v word %q "${word#"$divided"}"
        COMPREPLY+=("$word")
    done < <("${words[0]}" complete "${words[@]:1}" 2>/dev/null)
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *: ]] && compopt -o nospace 2>/dev/null
}
complete -F _cenote cenote
)";

constexpr std::string_view kZsh = R"(#compdef cenote
# zsh completion of cenote, written by `cenote completion zsh`
_cenote() {
    local -a found
    local line
    for line in "${(@f)$("${words[1]}" complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] || continue
        if [[ $line == *:files ]]; then
            _files
            return
        fi
        found+=("${${line%%$'\t'*}//:/\\:}${${(M)line%%$'\t'*}:+:${line#*$'\t'}}")
    done
    _describe cenote found
}
if [ "$funcstack[1]" = _cenote ]; then _cenote "$@"; else compdef _cenote cenote; fi
)";

constexpr std::string_view kFish = R"(# fish completion of cenote, written by `cenote completion fish`
function __cenote_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found ($words[1] complete $words[2..-1] "$current" 2>/dev/null)
    if string match -q '*:files' -- $found
        __fish_complete_path "$current"
    else
        string join \n -- $found
    end
end
complete -c cenote -f -a '(__cenote_complete)'
)";

}  // namespace

void add_completion(Verbs& verbs) {
    CLI::App* verb = verbs.add("completion", "Print the completion script of a shell");
    const auto shell = std::make_shared<std::string>();
    verb->add_option("SHELL", *shell, "bash, zsh or fish")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember(std::vector<std::string>{"bash", "zsh", "fish"}));
    verbs.on(verb, [shell](Session&) {
        fmt::print("{}", *shell == "bash" ? kBash : *shell == "zsh" ? kZsh : kFish);
        return Exit::Done;
    });
}

}  // namespace cenote::cli

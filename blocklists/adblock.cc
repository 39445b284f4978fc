// SPDX-License-Identifier: Apache-2.0
//
// Dialect `adblock`, as far as a resolver can apply it: rules over whole names. Rules over pages and URLs are skipped
// (docs/LIST_DIALECTS.md).
#include <algorithm>
#include <array>
#include <vector>

#include "blocklists/dialect.h"
#include "blocklists/lines.h"
#include "blocklists/listed_name.h"
#include "resolver/base/address.h"

namespace cenote::blocklists {
namespace {

using domainset::MatchKind;

/// The options of a rule, behind the `$`.
struct Options {
    Rule::Weight weight = Rule::Weight::Usual;
    std::vector<std::string_view> open_below;  // denyallow
    bool applicable = true;                    // false: an option needs more than a name
};

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// Whether a rule for these types sinkholes a name: the types must include both address families.
bool covers_addresses(std::string_view types) {
    const auto words = split(types, '|');
    const auto has = [&](std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); };
    const bool negated = words.front().starts_with('~');
    return negated ? !has("~A") && !has("~AAAA") : has("A") && has("AAAA");
}

Options read_options(std::string_view text) {
    Options options;
    if (text.empty()) return options;
    for (const auto option : split(text, ',')) {
        if (option == "important")
            options.weight = Rule::Weight::Important;
        else if (option == "badfilter")
            options.weight = Rule::Weight::Cancels;
        else if (option.starts_with("denyallow="))
            options.open_below = split(option.substr(10), '|');
        else if (option.starts_with("dnstype="))
            options.applicable = options.applicable && covers_addresses(option.substr(8));
        else if (option != "all")
            options.applicable = false;
    }
    return options;
}

/// Whether a line is a rule over the HTML of a page.
bool is_html_filter(std::string_view line) {
    return line.find("$$") != std::string_view::npos || line.find("$@$") != std::string_view::npos;
}

bool is_comment(std::string_view line) { return line.empty() || line.front() == '!' || line.front() == '['; }

class Line {
public:
    Line(std::string_view text, std::uint32_t number, Reading& reading)
        : text_(text), number_(number), reading_(reading) {}

    void read() {
        drop_note();
        rule_.exception = text_.starts_with("@@");
        if (rule_.exception) text_.remove_prefix(2);
        if (text_.starts_with('/')) return reading_.skip();  // a regular expression over URLs
        const auto dollar = text_.find('$');
        const Options options = dollar == std::string_view::npos ? Options{} : read_options(text_.substr(dollar + 1));
        if (!options.applicable) return reading_.skip();
        rule_.weight = options.weight;
        read_pattern(text_.substr(0, dollar), options);
    }

private:
    /// Removes a trailing comment: "@@||good.example^! issue 12", "||bad.example^ # why", with or without a blank.
    void drop_note() {
        constexpr std::string_view kMarks = "!#";
        for (auto note = text_.find_first_of(kMarks); note != std::string_view::npos;
             note = text_.find_first_of(kMarks, note + 1)) {
            if (note == 0 || (!is_blank(text_[note - 1]) && text_[note - 1] != '^')) continue;
            text_ = trim(text_.substr(0, note));
            return;
        }
    }

    void read_pattern(std::string_view pattern, const Options& options) {
        const bool below = pattern.starts_with("||");
        const bool whole = !below && pattern.starts_with('|');
        pattern.remove_prefix(below ? 2 : whole ? 1 : 0);
        if (pattern.ends_with('|')) pattern.remove_suffix(1);
        const bool ended = pattern.ends_with('^');
        if (ended) pattern.remove_suffix(1);
        if (below && pattern.starts_with("*.")) {
            pattern.remove_prefix(2);
            rule_.kind = MatchKind::Below;
        } else {
            rule_.kind = below ? MatchKind::Suffix : MatchKind::Exact;
        }
        if (!below && !whole && ended) return reading_.skip();  // it matches every name with this ending
        if (is_url_part(pattern)) return reading_.skip();
        if (IpAddress::parse(pattern)) return reading_.skip();
        std::string why;
        const auto name = parse_listed_name(pattern, why);
        if (!name) return reading_.refuse(number_, std::move(why));
        rule_.name = *name;
        reading_.rule(number_, rule_);
        for (const auto open : options.open_below) add_open(open);
    }

    /// A name that `denyallow` excepts; it has no effect where it is not below the name of the rule.
    void add_open(std::string_view text) {
        std::string why;
        const auto name = parse_listed_name(text, why);
        if (!name) return reading_.refuse(number_, std::move(why));
        if (rule_.exception || !name->is_below_or_equal(rule_.name)) return;
        Rule open{.name = *name, .kind = MatchKind::Suffix, .exception = true};
        open.weight = rule_.weight;
        reading_.rule(number_, open);
    }

    static bool is_url_part(std::string_view pattern) {
        return pattern.empty() || pattern.find_first_of("/*:?=&^|") != std::string_view::npos ||
               pattern.ends_with('.') || pattern.starts_with('.') || pattern.starts_with('-') ||
               pattern.find('.') == std::string_view::npos;
    }

    std::string_view text_;
    std::uint32_t number_;
    Reading& reading_;
    Rule rule_;
};

/// Some lists of this dialect contain lines such as "0.0.0.0 ads.example".
bool is_hosts_line(std::string_view line) {
    auto rest = line;
    const auto first = take_word(rest);
    return !trim(rest).empty() && address_kind(first) != AddressKind::NoAddress;
}

}  // namespace

bool is_cosmetic(std::string_view line) noexcept {
    const auto hash = line.find('#');
    if (hash == std::string_view::npos || (hash != 0 && is_blank(line[hash - 1]))) return false;
    const auto behind = line.substr(hash + 1, 3);
    for (const std::string_view mark : {"#", "@#", "?#", "$#", "%#", "@?#", "@$", "@%", "$?#"})
        if (behind.starts_with(mark)) return mark != "#" || hash != 0 || line.size() > 2;
    return false;
}

void read_adblock(std::string_view text, Reading& reading) {
    for_each_line(text, [&](std::string_view line, std::uint32_t number) {
        if (is_comment(line)) return true;
        if (line.size() > reading.limits().line_bytes_max) {
            reading.refuse(number, "the line is too long");
        } else if (is_cosmetic(line) || is_html_filter(line)) {
            reading.skip();
        } else if (line.front() == '#') {
            return true;  // a comment in the style of other dialects
        } else if (is_hosts_line(line)) {
            read_hosts_line(line, number, reading);
        } else {
            Line(line, number, reading).read();
        }
        return !reading.overflowed();
    });
}

}  // namespace cenote::blocklists

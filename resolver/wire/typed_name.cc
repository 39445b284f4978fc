// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/typed_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/ascii.h"
#include "resolver/wire/international.h"

namespace cenote::wire {
namespace {

constexpr std::size_t kTextShown = 128;
constexpr std::size_t kPortDigits = 5;
constexpr std::string_view kExample = "example.com";

bool is_in_label(char c) noexcept { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; }
bool all_digits(std::string_view text) noexcept { return std::all_of(text.begin(), text.end(), is_digit); }

/// Whether the byte at `at` is escaped: the number of backslashes in front of it is odd.
bool is_escaped(std::string_view text, std::size_t at) noexcept {
    std::size_t backslashes = 0;
    while (backslashes < at && text[at - backslashes - 1] == '\\') ++backslashes;
    return backslashes % 2 == 1;
}

/// The offset of the first byte of `letters` that is not escaped; npos: none.
std::size_t find_bare(std::string_view text, std::string_view letters) noexcept {
    for (std::size_t at = text.find_first_of(letters); at != std::string_view::npos;
         at = text.find_first_of(letters, at + 1))
        if (!is_escaped(text, at)) return at;
    return std::string_view::npos;
}

/// `text` for a message: control characters escaped, long text cut between two characters.
std::string shown(std::string_view text) {
    std::size_t size = std::min(text.size(), kTextShown);
    while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    std::string out;
    for (const char letter : text.substr(0, size)) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte < 0x20 || byte == 0x7f)
            out += fmt::format("\\x{:02x}", byte);
        else
            out += letter;
    }
    return size < text.size() ? out + "..." : out;
}

/// The last part of `text` that looks like a name of two labels or more, otherwise an example: advice for the message.
std::string suggestion(std::string_view text) {
    const auto belongs = [](char c) { return is_in_label(c) || c == '.' || static_cast<unsigned char>(c) >= 0x80; };
    std::size_t end = text.size();
    while (end > 0) {
        while (end > 0 && !belongs(text[end - 1])) --end;
        std::size_t start = end;
        while (start > 0 && belongs(text[start - 1])) --start;
        auto word = text.substr(start, end - start);
        while (word.starts_with('.')) word.remove_prefix(1);
        while (word.ends_with('.')) word.remove_suffix(1);
        const auto labels = is_ascii(word) ? Result<std::string>(std::string(word)) : to_a_labels(word);
        if (word.find('.') != std::string_view::npos && labels && Name::parse(*labels)) return std::string(word);
        end = start;
    }
    return std::string(kExample);
}

/// Whether the last label consists of digits: an address, perhaps misspelt. No top-level domain is numeric (RFC 3696
/// §2).
bool ends_in_number(const Name& name) noexcept {
    const ByteView last = name.suffix(1).subspan(1);
    return std::all_of(last.begin(), last.end() - 1, [](std::uint8_t byte) { return byte >= '0' && byte <= '9'; });
}

class Reader {
public:
    Reader(std::string_view text, NameUse use) : text_(text), rest_(text), use_(use) {}

    Result<TypedName> read() {
        if (text_.empty())
            return Error{fmt::format("an empty text is not a domain name; write one as in {}", kExample)};
        if (text_ == "." && use_ == NameUse::Question) return TypedName{};
        const bool is_url = take_scheme();
        take_path(is_url);
        if (is_address(rest_)) return refuse_address();
        take_port();
        if (is_address(rest_)) return refuse_address();
        if (auto why_not = take_star()) return std::move(*why_not);
        if (auto why_not = convert()) return std::move(*why_not);
        take_final_dot();
        return to_name();
    }

private:
    /// "https://" (RFC 3986 §3.1).
    bool take_scheme() {
        const auto end = rest_.find("://");
        if (end == std::string_view::npos || end == 0 || !is_letter(rest_.front())) return false;
        const auto scheme = rest_.substr(0, end);
        if (!std::all_of(scheme.begin(), scheme.end(),
                         [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; }))
            return false;
        rest_.remove_prefix(end + 3);
        taken_.emplace_back("scheme");
        return true;
    }

    /// Removes everything from the first slash on. '?' and '#' end the host of a URL only: elsewhere they belong to a
    /// filter rule.
    void take_path(bool is_url) {
        const auto at = find_bare(rest_, is_url ? "/?#" : "/");
        if (at == std::string_view::npos) return;
        taken_.emplace_back(rest_[at] == '/' ? "path" : rest_[at] == '?' ? "query" : "fragment");
        rest_ = rest_.substr(0, at);
    }

    void take_port() {
        const auto colon = rest_.rfind(':');
        if (colon == std::string_view::npos || colon == 0 || is_escaped(rest_, colon)) return;
        const auto port = rest_.substr(colon + 1);
        if (port.size() > kPortDigits || !all_digits(port)) return;
        rest_ = rest_.substr(0, colon);
        taken_.emplace_back("port");
    }

    std::optional<Error> take_star() {
        if (!rest_.starts_with("*.")) return std::nullopt;
        if (use_ == NameUse::Question || use_ == NameUse::Single) {
            const auto below = rest_.substr(2);
            const auto name = suggestion(below);
            if (use_ == NameUse::Single)
                return refuse("'*.' stands for many names, and one is due here", fmt::format("write {}", name));
            return refuse("'*.' stands for many names, and one is judged at a time",
                          fmt::format("write {}, or a name below it as in www.{}", name, name));
        }
        rest_.remove_prefix(2);
        star_ = true;
        return std::nullopt;
    }

    std::optional<Error> convert() {
        if (is_ascii(rest_)) return std::nullopt;
        if (rest_.find('\\') != std::string_view::npos)
            return refuse("letters beyond ASCII and '\\' do not go together", "write its A-labels, which begin xn--");
        auto converted = to_a_labels(rest_);
        if (!converted) return refuse(converted.error().text, "write it as registered, or its A-labels (xn--)");
        converted_ = std::move(*converted);
        rest_ = converted_;
        return std::nullopt;
    }

    void take_final_dot() {
        if (rest_.size() < 2 || !rest_.ends_with('.') || rest_.ends_with("..")) return;
        if (is_escaped(rest_, rest_.size() - 1)) return;
        rest_.remove_suffix(1);
        taken_.emplace_back("final dot");
    }

    Result<TypedName> to_name() {
        for (std::size_t at = 0; at < rest_.size(); ++at) {
            const char c = rest_[at];
            if (is_in_label(c) || c == '.') continue;
            if (c == '\\') {
                ++at;
                continue;
            }
            return refuse(
                c == ' ' ? "there is a blank in it" : fmt::format("'{}' does not belong there", shown({&c, 1})),
                fmt::format("write the name alone, as in {}", suggestion(text_)));
        }
        const auto name = Name::parse(use_ == NameUse::Owner && star_ ? "*." + std::string(rest_) : std::string(rest_));
        if (!name || rest_.empty() || rest_ == ".")
            return refuse("a label has 1 to 63 letters, and all of them 253",
                          fmt::format("write it as in {}", suggestion(text_)));
        if (use_ != NameUse::Single && ends_in_number(*name)) return refuse_address();
        return TypedName{*name, note(*name)};
    }

    /// "'https://x.example/login' is read as x.example: scheme and path are taken off".
    [[nodiscard]] std::string note(const Name& name) const {
        auto taken = taken_;
        if (star_ && use_ == NameUse::Subtree) taken.emplace_back("'*.'");
        if (taken.empty()) return {};
        const std::string last(taken.back());
        taken.pop_back();
        const std::string parts = taken.empty() ? last : fmt::format("{} and {}", fmt::join(taken, ", "), last);
        std::string note = fmt::format("'{}' is read as {}: {} {} taken off", shown(text_), both_forms(name), parts,
                                       taken.empty() ? "is" : "are");
        if (star_ && use_ == NameUse::Subtree) note += ", as the name stands for itself and all names below it";
        return note;
    }

    [[nodiscard]] Error refuse(std::string_view why, std::string_view what_to_do) const {
        return Error{fmt::format("'{}' is not a domain name: {}; {}", shown(text_), why, what_to_do)};
    }
    [[nodiscard]] Error refuse_address() const {
        return Error{
            fmt::format("'{}' is an address where a domain name is due; write one as in {}", shown(text_), kExample)};
    }
    [[nodiscard]] static bool is_address(std::string_view text) {
        if (text.starts_with('[')) return true;  // RFC 3986 §3.2.2: an address in brackets
        return IpAddress::parse(std::string(text)).has_value();
    }

    std::string_view text_;
    std::string_view rest_;  // of it, or of `converted_`
    NameUse use_;
    std::vector<std::string_view> taken_;
    bool star_ = false;
    std::string converted_;
};

}  // namespace

Result<TypedName> parse_typed_name(std::string_view text, NameUse use) { return Reader(text, use).read(); }

std::string typed_text(const Name& name) {
    std::string out;
    const std::string text = name.to_string();
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\\') {
            out += c;
            out += text[++at];
        } else {
            if (!is_in_label(c) && c != '.') out += '\\';
            out += c;
        }
    }
    return out;
}

}  // namespace cenote::wire

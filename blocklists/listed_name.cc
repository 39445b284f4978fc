// SPDX-License-Identifier: Apache-2.0
#include "blocklists/listed_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/ascii.h"
#include "resolver/wire/international.h"

namespace cenote::blocklists {
namespace {

/// Characters that are legal in a label, but in a list show that the line is of another dialect, or a URL.
constexpr std::string_view kForeign = "\"#$(),/:;<=>?@[]^{|}*";
constexpr std::size_t kTextShown = 64;

/// Whether the last label is all digits: then it is an address, because no top-level domain is (RFC 3696 §2).
bool looks_like_address(std::string_view text) noexcept {
    if (text.ends_with('.')) text.remove_suffix(1);
    const auto last = text.substr(text.rfind('.') + 1);  // npos + 1 is 0
    return !last.empty() && std::all_of(last.begin(), last.end(), [](char c) { return is_digit(c); });
}

/// `text` for a message: control characters escaped, and truncated.
std::string shown(std::string_view text) {
    std::string out;
    for (const char letter : text.substr(0, kTextShown)) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte < 0x20 || byte >= 0x7f)
            out += fmt::format("\\x{:02x}", byte);
        else
            out += letter;
    }
    return text.size() > kTextShown ? out + "..." : out;
}

}  // namespace

std::optional<wire::Name> parse_listed_name(std::string_view text, std::string& why) {
    std::string converted;
    if (!wire::is_ascii(text)) {
        auto labels = wire::to_a_labels(text);
        if (!labels) {
            why = fmt::format("'{}' is no international name: {}", shown(text), labels.error().text);
            return std::nullopt;
        }
        converted = std::move(*labels);
        text = converted;
    }
    const auto foreign = std::find_if(text.begin(), text.end(), [](char letter) {
        return letter <= ' ' || letter == 0x7f || kForeign.find(letter) != std::string_view::npos;
    });
    if (foreign != text.end()) {
        why = fmt::format("'{}' is no name: '{}' does not belong there", shown(text), shown({&*foreign, 1}));
    } else if (looks_like_address(text)) {
        why = fmt::format("'{}' is an address, not a name", shown(text));
    } else if (const auto name = wire::Name::parse(text); name && name->labels() != 0) {
        return name;
    } else {
        why = fmt::format("'{}' is no name: labels have 1 to 63 letters, names 253", shown(text));
    }
    return std::nullopt;
}

}  // namespace cenote::blocklists

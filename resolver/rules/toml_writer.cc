// SPDX-License-Identifier: Apache-2.0
#include "resolver/rules/toml_writer.h"

namespace cenote::rules {

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += fmt::format("\\{}", c);
        else if (byte < 0x20 || byte == 0x7f)
            out += fmt::format("\\u{:04X}", byte);
        else
            out += c;
    }
    return out + "\"";
}

std::string in_quotes(const std::vector<std::string>& texts) {
    std::vector<std::string> parts;
    for (const auto& text : texts) parts.push_back(in_quotes(text));
    return fmt::format("[{}]", fmt::join(parts, ", "));
}

}  // namespace cenote::rules

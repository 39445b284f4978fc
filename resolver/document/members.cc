// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/members.h"

namespace cenote::document {
namespace {

const Json kNull;

}  // namespace

const Json& at(const Json& json, std::string_view path) noexcept {
    const Json* value = &json;
    while (!path.empty()) {
        if (!value->is_object()) return kNull;
        const std::size_t end = std::min(path.find('.'), path.size());
        const auto found = value->find(std::string(path.substr(0, end)));
        if (found == value->end()) return kNull;
        value = &*found;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return *value;
}

std::string text_at(const Json& json, std::string_view path) {
    const Json& value = at(json, path);
    return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<std::int64_t> number_at(const Json& json, std::string_view path) noexcept {
    const Json& value = at(json, path);
    if (!value.is_number_integer()) return std::nullopt;
    return value.get<std::int64_t>();
}

std::optional<std::int64_t> people_at(const Json& json, std::string_view path) noexcept {
    return number_at(at(json, path), "n");
}

bool is_withheld(const Json& value) noexcept {
    return value.is_object() && (value.contains("fewer_than") || value.contains("hidden"));
}

std::size_t size_at(const Json& json, std::string_view path) noexcept {
    const Json& value = at(json, path);
    return value.is_array() ? value.size() : 0;
}

}  // namespace cenote::document

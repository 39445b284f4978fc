// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/toml.h"

#include <fmt/format.h>

// The packaged library is built with exceptions, so the parser is compiled here without them.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 32
#include <toml++/toml.h>

#include <map>
#include <set>

#include "resolver/base/time_text.h"
#include "resolver/base/toml_cure.h"

namespace cenote {
namespace {

constexpr std::size_t kFileMax = 16U << 20;
constexpr unsigned kKeyPartsMax = 128;

constexpr std::string_view kText = "a text in quotes";

std::string_view type_name(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table: return "a table";
        case toml::node_type::array: return "an array";
        case toml::node_type::string: return "a text";
        case toml::node_type::integer: return "an integer";
        case toml::node_type::floating_point: return "a fraction";
        case toml::node_type::boolean: return "true or false";
        case toml::node_type::date: return "a date";
        case toml::node_type::time: return "a time of day";
        case toml::node_type::date_time: return "a date and time";
        case toml::node_type::none: break;
    }
    return "nothing";
}

std::string to_text(const toml::date& date) {
    return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

/// The line, from 1, of a key with too many parts; 0: there is none. toml++ recurses once for each part, without a
/// limit. Dots in quoted texts count too; no sensible text has so many.
std::uint32_t line_of_deep_key(std::string_view text) {
    std::uint32_t line = 1;
    unsigned dots = 0;
    for (const char c : text) {
        if (c == '.' && ++dots == kKeyPartsMax) return line;
        if (std::string_view("=,{[\n").find(c) != std::string_view::npos) dots = 0;
        if (c == '\n') ++line;
    }
    return 0;
}

/// The time as written in the file, without fractions of a second.
std::string to_text(const toml::date_time& moment) {
    auto text = fmt::format("{}T{:02}:{:02}:{:02}", to_text(moment.date), moment.time.hour, moment.time.minute,
                            moment.time.second);
    if (!moment.offset) return text;
    const int minutes = moment.offset->minutes;
    return text + fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60);
}

}  // namespace

struct TomlTable::Node {
    const toml::table* table;
    const std::string* file;
    Diagnostics* diagnostics;
    std::set<std::string, std::less<>> known;                                      // keys that a getter read
    std::map<std::string, std::vector<std::shared_ptr<Node>>, std::less<>> inner;  // tables that were read

    const toml::node* find(std::string_view key) {
        known.emplace(key);
        return table->get(key);
    }

    /// The value of `key` if it is a T; another type is a mistake.
    template <typename T>
    auto find_a(std::string_view key, std::string_view wanted) {
        const auto* found = find(key);
        const auto* typed = found != nullptr ? found->as<T>() : nullptr;
        if (found != nullptr && typed == nullptr) mistyped(key, *found, wanted);
        return typed;
    }

    /// The meaning of a value; an error in it is reported.
    template <typename T>
    std::optional<T> accept(std::string_view key, const toml::node& value, const Result<T>& meaning) const {
        if (meaning) return *meaning;
        error(value, fmt::format("'{}': {}", key, meaning.error().text));
        return std::nullopt;
    }

    /// The text of an item of an array or of an arbitrary key.
    std::optional<TomlText> text_inside(std::string_view key, const toml::node& item) const {
        if (const auto* text = item.as_string()) return TomlText{text->get(), place(item.source())};
        error(item, fmt::format("'{}' has {} in it; write {}", key, type_name(item), kText));
        return std::nullopt;
    }

    void keep_inner(std::string_view key, const toml::table& inside) {
        inner[std::string(key)].push_back(std::make_shared<Node>(Node{&inside, file, diagnostics, {}, {}}));
    }

    [[nodiscard]] SourcePlace place(const toml::source_region& region) const {
        return {*file, region.begin.line, region.begin.column};
    }

    void error(const toml::node& at, std::string text) const {
        diagnostics->error(place(at.source()), std::move(text));
    }

    void mistyped(std::string_view key, const toml::node& found, std::string_view wanted) const {
        error(found, fmt::format("'{}' is {}; write {}", key, type_name(found), wanted));
    }

    void report_unknown() const {
        for (const auto& [key, value] : *table) {
            if (known.contains(key.str())) continue;
            const auto near = nearest(key.str(), {known.begin(), known.end()});
            const auto advice = near.empty() ? std::string("remove it") : fmt::format("did you mean '{}'?", near);
            diagnostics->error(place(key.source()), fmt::format("unknown key '{}'; {}", key.str(), advice));
        }
        for (const auto& [key, nodes] : inner)
            for (const auto& node : nodes) node->report_unknown();
    }
};

SourcePlace TomlTable::place() const { return node_->place(node_->table->source()); }

SourcePlace TomlTable::place(std::string_view key) const {
    const auto* found = node_->table->get(key);
    return found != nullptr ? node_->place(found->source()) : place();
}

bool TomlTable::has(std::string_view key) const { return node_->find(key) != nullptr; }

bool TomlTable::is_empty_array(std::string_view key) const {
    const auto* found = node_->find(key);
    const auto* array = found != nullptr ? found->as_array() : nullptr;
    return array != nullptr && array->empty();
}

std::optional<TomlText> TomlTable::text(std::string_view key) const {
    const auto* text = node_->find_a<std::string>(key, kText);
    if (text == nullptr) return std::nullopt;
    return TomlText{text->get(), place(key)};
}

std::optional<TomlText> TomlTable::required_text(std::string_view key) const {
    if (has(key)) return text(key);
    node_->diagnostics->error(place(), fmt::format("'{0}' is missing; write {0} = \"…\"", key));
    return std::nullopt;
}

std::vector<TomlText> TomlTable::texts(std::string_view key) const {
    std::vector<TomlText> texts;
    const auto* array = node_->find_a<toml::array>(key, "an array of texts in quotes");
    if (array == nullptr) return texts;
    for (const auto& item : *array)
        if (auto text = node_->text_inside(key, item)) texts.push_back(*std::move(text));
    return texts;
}

std::optional<bool> TomlTable::boolean(std::string_view key) const {
    const auto* boolean = node_->find_a<bool>(key, "true or false, without quotes");
    if (boolean == nullptr) return std::nullopt;
    return boolean->get();
}

std::optional<std::int64_t> TomlTable::integer(std::string_view key, std::int64_t lowest, std::int64_t highest) const {
    const auto wanted = fmt::format("a whole number from {} to {}", lowest, highest);
    const auto* integer = node_->find_a<std::int64_t>(key, wanted);
    if (integer == nullptr) return std::nullopt;
    if (integer->get() >= lowest && integer->get() <= highest) return integer->get();
    node_->error(*integer, fmt::format("'{}' is {}; write {}", key, integer->get(), wanted));
    return std::nullopt;
}

std::optional<milliseconds> TomlTable::duration(std::string_view key) const {
    const auto* text = node_->find_a<std::string>(key, "a duration in quotes, such as \"30s\"");
    if (text == nullptr) return std::nullopt;
    return node_->accept(key, *text, parse_duration(text->get()));
}

std::optional<std::uint64_t> TomlTable::size(std::string_view key) const {
    const auto* text = node_->find_a<std::string>(key, "a size in quotes, such as \"64MiB\"");
    if (text == nullptr) return std::nullopt;
    return node_->accept(key, *text, parse_size(text->get()));
}

std::optional<WallTime> TomlTable::time(std::string_view key) const {
    const auto* found = node_->find(key);
    if (found == nullptr) return std::nullopt;
    if (const auto* moment = found->as_date_time())
        return node_->accept(key, *found, parse_time(to_text(moment->get())));
    if (const auto* day = found->as_date()) return node_->accept(key, *found, parse_time(to_text(day->get())));
    if (const auto* text = found->as_string()) return node_->accept(key, *found, parse_time(text->get()));
    node_->mistyped(key, *found, "a time with its offset, such as 2026-12-31T23:59:59+09:00");
    return std::nullopt;
}

std::optional<std::chrono::sys_days> TomlTable::date(std::string_view key) const {
    const auto* value = node_->find_a<toml::date>(key, "a date without quotes, such as 2026-12-31");
    if (value == nullptr) return std::nullopt;
    const toml::date& date = value->get();
    return std::chrono::sys_days(std::chrono::year(date.year) / date.month / date.day);
}

std::optional<TomlTable> TomlTable::table(std::string_view key) const {
    const auto* inside = node_->find_a<toml::table>(key, fmt::format("a table: [{}]", key));
    if (inside == nullptr) return std::nullopt;
    if (!node_->inner.contains(key)) node_->keep_inner(key, *inside);
    return TomlTable(node_->inner.find(key)->second.front());
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) const {
    std::vector<TomlTable> tables;
    const auto wanted = fmt::format("tables of their own: [[{}]]", key);
    const auto* array = node_->find_a<toml::array>(key, wanted);
    if (array == nullptr) return tables;
    if (!node_->inner.contains(key)) {
        for (const auto& item : *array) {
            if (const auto* inside = item.as_table())
                node_->keep_inner(key, *inside);
            else
                node_->mistyped(key, item, wanted);
        }
    }
    for (const auto& node : node_->inner[std::string(key)]) tables.push_back(TomlTable(node));
    return tables;
}

std::vector<std::pair<std::string, TomlText>> TomlTable::text_map(std::string_view key) const {
    std::vector<std::pair<std::string, TomlText>> entries;
    const auto* inside = node_->find_a<toml::table>(key, fmt::format("a table of texts: {} = {{ en = \"…\" }}", key));
    if (inside == nullptr) return entries;
    for (const auto& [name, value] : *inside)
        if (auto text = node_->text_inside(key, value)) entries.emplace_back(name.str(), *std::move(text));
    return entries;
}

void TomlTable::error(std::string_view key, std::string text) const {
    node_->diagnostics->error(place(key), std::move(text));
}

struct TomlFile::Content {
    std::string name;
    toml::table table;
    std::shared_ptr<TomlTable::Node> root;
};

std::optional<TomlFile> TomlFile::load(const Path& path, Diagnostics& diagnostics) {
    const auto text = read_file(path, kFileMax);
    if (text) return parse(*text, path.string(), diagnostics);
    diagnostics.error({path.string(), 0, 0}, text.error().text);
    return std::nullopt;
}

std::optional<TomlFile> TomlFile::parse(std::string_view text, std::string file_name, Diagnostics& diagnostics) {
    if (const auto line = line_of_deep_key(text); line != 0) {
        diagnostics.error({std::move(file_name), line, 1},
                          fmt::format("more than {} dots in a row of keys; the file was not read", kKeyPartsMax - 1));
        return std::nullopt;
    }
    toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        const auto& begin = parsed.error().source().begin;
        diagnostics.error({std::move(file_name), begin.line, begin.column},
                          fmt::format("{}; {} (the rest of the file was not read)", parsed.error().description(),
                                      syntax_cure(text, begin.line)));
        return std::nullopt;
    }
    TomlFile file;
    file.content_ = std::make_shared<Content>(Content{std::move(file_name), std::move(parsed).table(), nullptr});
    auto& content = *file.content_;
    content.root =
        std::make_shared<TomlTable::Node>(TomlTable::Node{&content.table, &content.name, &diagnostics, {}, {}});
    return file;
}

TomlTable TomlFile::root() const { return TomlTable(content_->root); }

void TomlFile::finish() const { content_->root->report_unknown(); }

}  // namespace cenote

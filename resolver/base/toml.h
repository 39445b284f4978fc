// SPDX-License-Identifier: Apache-2.0
//
// Typed reading of a TOML file, with every mistake and its place. toml++ is included in toml.cc only.
//
// Reading does not stop at a mistake in meaning: a getter adds a Diagnostic and returns nothing, so that all errors of
// a file are shown at once (after a syntax error the rest of the file is not read). Keys that no getter read are
// mistakes too: finish() reports them with the nearest known key.
//
// Threads:  control plane, one thread.
// Memory:   owns the parsed file, of at most 16 MiB; the Diagnostics must outlive it.
// Failure:  reported in the Diagnostics.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/diagnostics.h"
#include "resolver/base/fd.h"

namespace cenote {

/// One text value with its place.
struct TomlText {
    std::string value;
    SourcePlace place;
};

/// A table of a TOML file. Copies refer to the same table; the TomlFile must outlive them.
/// Every getter marks its key as known; has() does as well.
class TomlTable {
public:
    [[nodiscard]] SourcePlace place() const;
    [[nodiscard]] SourcePlace place(std::string_view key) const;  // the place of the value, else of the table
    [[nodiscard]] bool has(std::string_view key) const;
    [[nodiscard]] bool is_empty_array(std::string_view key) const;

    [[nodiscard]] std::optional<TomlText> text(std::string_view key) const;
    /// As text(), but a missing key is an error.
    [[nodiscard]] std::optional<TomlText> required_text(std::string_view key) const;
    [[nodiscard]] std::vector<TomlText> texts(std::string_view key) const;  // array of strings
    [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t lowest,
                                                      std::int64_t highest) const;
    [[nodiscard]] std::optional<milliseconds> duration(std::string_view key) const;
    [[nodiscard]] std::optional<std::uint64_t> size(std::string_view key) const;
    [[nodiscard]] std::optional<WallTime> time(std::string_view key) const;  // offset date-time, or its text
    [[nodiscard]] std::optional<std::chrono::sys_days> date(std::string_view key) const;  // local date
    [[nodiscard]] std::optional<TomlTable> table(std::string_view key) const;
    [[nodiscard]] std::vector<TomlTable> tables(std::string_view key) const;  // array of tables
    /// A table with arbitrary keys and text values, such as `reason = { en = "…" }`.
    [[nodiscard]] std::vector<std::pair<std::string, TomlText>> text_map(std::string_view key) const;

    void error(std::string_view key, std::string text) const;

private:
    friend class TomlFile;
    struct Node;
    explicit TomlTable(std::shared_ptr<Node> node) : node_(std::move(node)) {}
    std::shared_ptr<Node> node_;
};

class TomlFile {
public:
    /// nullopt: a syntax error or an unreadable file, reported in `diagnostics`.
    static std::optional<TomlFile> load(const Path& path, Diagnostics& diagnostics);
    static std::optional<TomlFile> parse(std::string_view text, std::string file_name, Diagnostics& diagnostics);

    [[nodiscard]] TomlTable root() const;
    /// Adds an error for each key that no getter read ("unknown key 'upstrem'; did you mean 'upstream'?").
    void finish() const;

private:
    struct Content;
    std::shared_ptr<Content> content_;
};

}  // namespace cenote

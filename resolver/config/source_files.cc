// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/source_files.h"

#include <fmt/format.h>

#include <algorithm>

namespace cenote::config {
namespace {

constexpr std::string_view kEnding = ".toml";

bool is_toml_file(const Path& path) {
    return path.extension() == kEnding && !path.filename().native().starts_with('.');
}

/// One name for each file, independent of how its path is written.
std::string key_of(const Path& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

std::string_view without_blanks_before(std::string_view line) {
    return line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
}

}  // namespace

Result<std::string> SourceFiles::read(const Path& path, std::size_t bytes_max) {
    if (stored_) {
        const auto found = std::ranges::find(files_, key_of(path), &state::ConfigurationFile::path);
        if (found == files_.end()) return Error{fmt::format("{} was no part of it", path.string())};
        return found->text;
    }
    auto text = read_file(path, bytes_max);
    if (text) files_.push_back({key_of(path), *text});
    return text;
}

Result<std::vector<Path>> SourceFiles::toml_files_in(const Path& folder) const {
    std::vector<Path> files;
    if (stored_) {
        for (const auto& file : files_)
            if (Path(file.path).parent_path() == Path(key_of(folder)) && is_toml_file(file.path))
                files.emplace_back(file.path);
    } else {
        std::error_code error;
        for (auto entry = std::filesystem::directory_iterator(folder, error);
             !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
            if (is_toml_file(entry->path())) files.push_back(entry->path());
        if (error && error != std::errc::no_such_file_or_directory)
            return Error{fmt::format("cannot read this folder: {}", error.message())};
    }
    std::ranges::sort(files);
    return files;
}

std::string SourceFiles::shown_name(const Path& path) const {
    return stored_ ? fmt::format("{} (as it was last in force)", path.string()) : path.string();
}

std::optional<std::string> only_table(std::string_view text, std::string_view name) {
    const std::string header = fmt::format("[{}]", name);
    const std::string below = fmt::format("[{}.", name);
    std::string kept;
    bool found = false;
    bool inside = false;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        const std::string_view code = without_blanks_before(line);
        if (code.starts_with('[')) inside = code.starts_with(header) || code.starts_with(below);
        found = found || code.starts_with(header);
        if (inside) kept += line;
        if (end == std::string_view::npos) break;
        kept += '\n';
        text.remove_prefix(end + 1);
    }
    return found ? std::optional(std::move(kept)) : std::nullopt;
}

}  // namespace cenote::config

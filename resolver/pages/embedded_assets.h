// SPDX-License-Identifier: Apache-2.0
//
// The files of assets/, compiled in by embed_assets.cmake. Private to pages.
//
// Threads: pure.   Memory: static.   Failure: none.
#pragma once

#include <span>
#include <string_view>

namespace cenote::pages {

struct EmbeddedFile {
    std::string_view name;  // "style.css"
    std::string_view bytes;
};
[[nodiscard]] std::span<const EmbeddedFile> embedded_files() noexcept;

}  // namespace cenote::pages

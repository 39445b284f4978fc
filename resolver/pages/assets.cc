// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "resolver/base/digest.h"
#include "resolver/charts/charts.h"
#include "resolver/document/document.h"
#include "resolver/pages/embedded_assets.h"
#include "resolver/pages/pages.h"

namespace cenote::pages {
namespace {

std::string_view type_of(std::string_view name) {
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    if (name.ends_with(".mjs")) return "text/javascript; charset=utf-8";
    if (name.ends_with(".svg")) return "image/svg+xml";
    return "application/json";
}

/// What find_asset() points into.
struct Held {
    std::deque<std::string> texts;
    std::vector<Asset> assets;
};

const Held& held() {
    static const Held kHeld = [] {
        Held made;
        for (const EmbeddedFile& file : embedded_files()) {
            std::string_view bytes = file.bytes;
            if (file.name == "style.css")
                bytes =
                    made.texts.emplace_back(fmt::format("{}{}{}", charts::style(), document::page_style(), file.bytes));
            const auto digest = sha256({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
            const std::string_view path = made.texts.emplace_back(fmt::format("/assets/{}", file.name));
            made.assets.push_back(
                {path, type_of(file.name), bytes, fmt::format("\"{}\"", to_hex(digest).substr(0, 32))});
        }
        return made;
    }();
    return kHeld;
}

}  // namespace

std::span<const Asset> assets() { return held().assets; }

const Asset* find_asset(std::string_view path) {
    const auto all = assets();
    const auto found = std::ranges::find_if(all, [&](const Asset& one) { return one.path == path; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace cenote::pages

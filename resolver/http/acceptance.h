// SPDX-License-Identifier: Apache-2.0
//
// What the Accept fields of a request say of one media type (RFC 9110 §12.5.1). Private to http.
//
// Threads:  one.
// Memory:   none.
// Failure:  what cannot be read of a field is left out; a request of which nothing can be read excludes nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace cenote::http {

class Acceptance {
public:
    /// Takes one field; several are one list (RFC 9110 §5.3).
    void take(std::string_view field, std::string_view media_type) noexcept;
    /// False: the request excludes the media type.
    [[nodiscard]] bool includes() const noexcept { return !asked_ || wanted_; }

private:
    /// How closely a range names the media type; the closest one decides.
    enum class Closeness : std::uint8_t { None, Any, SameKind, Itself };
    [[nodiscard]] static Closeness closeness_of(std::string_view range, std::string_view media_type) noexcept;
    void take_range(std::string_view range, std::string_view media_type) noexcept;

    bool asked_ = false;   // a range was there
    bool wanted_ = false;  // the closest one has a weight above 0
    Closeness closest_ = Closeness::None;
};

}  // namespace cenote::http

// SPDX-License-Identifier: Apache-2.0
//
// Result<T>: a value, or an Error with one sentence for people. Control plane only.
//
// Threads:  a plain value.
// Memory:   owns its text.
// Failure:  value() of an error stops the process.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "resolver/base/check.h"

namespace cenote {

/// What is wrong, where, and what to do about it, in one line.
struct [[nodiscard]] Error {
    std::string text;
};

template <typename T, typename E = Error>
class [[nodiscard]] Result {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): reads as "return value"
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    // NOLINTNEXTLINE(google-explicit-constructor): reads as "return Error"
    Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }

    [[nodiscard]] T& value() & {
        CENOTE_CHECK(ok());
        return std::get<0>(state_);
    }
    [[nodiscard]] const T& value() const& {
        CENOTE_CHECK(ok());
        return std::get<0>(state_);
    }
    [[nodiscard]] T&& value() && {
        CENOTE_CHECK(ok());
        return std::move(std::get<0>(state_));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    [[nodiscard]] const E& error() const& {
        CENOTE_CHECK(!ok());
        return std::get<1>(state_);
    }
    [[nodiscard]] E&& error() && {
        CENOTE_CHECK(!ok());
        return std::move(std::get<1>(state_));
    }

private:
    std::variant<T, E> state_;
};

/// The result of something that has no value: done, or an error.
struct Done {};
using Status = Result<Done>;

}  // namespace cenote

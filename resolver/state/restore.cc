// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/place.h"
#include "resolver/state/state.h"

namespace cenote::state {

Result<Record> restore_state(const Path& backup, const Path& path, const std::function<void(std::vector<Rule>&)>& adapt,
                             Record record) {
    if (auto usable = State::open(path)) return (*usable)->restore(backup, adapt, std::move(record));
    const Path fresh = with_ending(path, ".fresh");
    remove_all_pieces(fresh);
    if (auto made = make_file(fresh, 0640); !made) return std::move(made).error();
    auto restored = [&]() -> Result<Record> {
        auto opened = State::open(fresh);  // closed at the end of this block: then all of it is in one file
        if (!opened) return std::move(opened).error();
        return (*opened)->restore(backup, adapt, std::move(record));
    }();
    if (restored)
        if (auto placed = replace_unusable(path, fresh, free_place_beside(path)); !placed)
            restored = std::move(placed).error();
    remove_all_pieces(fresh);
    remove_all_pieces(with_ending(fresh, ".made"));
    return restored;
}

}  // namespace cenote::state

// The read side is kept in generations: a rebuild makes a new one beside the one that serves.
#pragma once

namespace vestnik::store {

// Numbers are on disk. Facts go into the generations of the first two roles.
enum class Role {
  serving = 0,
  rebuilding = 1,  // one at most
  replaced = 2,    // to be deleted
};

}  // namespace vestnik::store

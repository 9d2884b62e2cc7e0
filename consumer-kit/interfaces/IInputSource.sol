// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Where a feed reads a model's public inputs
/// @notice A caller of the feed never hands over inputs: the feed asks its source, so that a proof can only be about
/// figures that the source vouches for.
interface IInputSource {
    /// @notice Where inputs came from; together with model, asset and epoch this is the subject of a proof.
    /// @param homeChainId chain whose state was observed (EIP-155 id)
    /// @param observer AssetObserver on the home chain that made the observation
    /// @param configVersion version of the asset's observation config, from 1
    /// @param observedAt Unix time of the newest observation in the window, seconds
    /// @param featuresHash keccak256(abi.encode(FeatureParameters)): the factors and the scale that made the inputs
    struct Origin {
        uint64 homeChainId;
        address observer;
        uint16 configVersion;
        uint40 observedAt;
        bytes32 featuresHash;
    }

    /// @notice Whom a reader has to trust for the inputs.
    enum Kind {
        Observed,
        Attested
    }

    /// @notice The source holds no inputs for this asset and epoch.
    error InputsUnavailable(address asset, uint32 epoch);

    /// @notice The model inputs of `asset` for the window that ends with `epoch`.
    /// @param asset token address on the home chain
    /// @param epoch home chain's `timestamp / EPOCH_LENGTH`
    /// @return inputs signed fixed point at 2^inputScaleBits in circuit order: epoch by epoch from the oldest, four features each
    /// @return origin where the inputs came from
    function inputsOf(address asset, uint32 epoch) external view returns (int256[] memory inputs, Origin memory origin);

    /// @notice Observed: this chain's own state, nobody is trusted. Attested: that fewer than a threshold of attesters collude.
    function KIND() external view returns (Kind);

    /// @notice The chain and the observer that all inputs of this source come from.
    function home() external view returns (uint64 homeChainId, address observer);

    /// @notice Length of an epoch, seconds.
    function EPOCH_LENGTH() external view returns (uint32);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The part of Renzo's RestakeManager that turns ETH into ezETH
/// @dev Signatures, event and errors as in Renzo-Protocol/contracts-public (RestakeManager.sol, Errors.sol, RenzoOracle.sol) at
/// fc8c8e08, December 2025. On Ethereum: 0x74a09653A083691711cF8215a6ab074BB4e99ef5.
interface IRenzoRestakeManager {
    /// @notice `ezETHMinted` went to `depositor`; `token` is zero for ETH.
    /// @dev Not indexed, as Renzo has it.
    // slither-disable-next-line unindexed-event-address
    event Deposit(address depositor, address token, uint256 amount, uint256 ezETHMinted, uint256 referralId);

    /// @notice Deposits are paused, by Renzo's pauser or by its risk oracle.
    error ContractPaused();
    /// @notice Deposits of ETH would exceed the limit; in its versions before June 2024.
    error MaxTVLReached();
    /// @notice So little was sent that it is worth no ezETH.
    error InvalidTokenAmount();

    /// @notice Mint ezETH for the ETH sent, to the caller.
    /// @param referralId zero for none
    function depositETH(uint256 referralId) external payable;

    /// @notice The token that it mints.
    function ezETH() external view returns (address);

    function paused() external view returns (bool);
}
